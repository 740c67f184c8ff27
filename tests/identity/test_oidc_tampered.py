#!/usr/bin/env python3
"""Single sign-on against a provider that says whatever the test wants: tampered flows, forged tokens, floods (promises A9, A10),
who may become whom (Z5), what is kept (K2). The flow against a real provider is test_oidc.py.
"""
import json
import threading
import time
import urllib.parse

import client
import hansa
import provider

COOKIE, SSO = "__Host-hansa", "__Host-hansa-sso"


class Scene:
    def __init__(self, tap, run, idp, other):
        self.tap, self.run, self.idp, self.other = tap, run, idp, other
        self.a = run.world("alpha", full=False)
        self.owner = run.server.key("alpha", "*")
        self.secret = run.secret(idp.client_secret, "the secret of a provider")
        self.paths = {}

    def make(self, slug, idp=None, key=None, **more):
        idp = idp or self.idp
        body = {"slug": slug, "name": "Sign-in " + slug, "issuer": idp.issuer, "client_id": idp.client_id, "client_secret": idp.client_secret,
                "default_role": {"role": "viewer"}, **more}
        answer = self.run.ask("POST", "/v1/idps", {k: v for k, v in body.items() if v is not ...}, key or self.owner)
        if answer.status == 201:
            self.paths[slug] = answer.json["start_path"]
        return answer

    def sign_in(self, slug="staff", browser=None, idp=None, change=None, return_to=None):
        """The whole way: (browser, answer of the callback). `change` tampers with what the browser brings back."""
        idp = idp or self.idp
        browser = browser or provider.Browser(self.run.server)
        started = browser.start(self.paths[slug], return_to)
        if started.status != 302:
            return browser, started
        back = idp.authorize(started.headers["location"])
        if change:
            change(back)
        return browser, browser.callback(back)

    def refused(self, name, status, code, slug="staff", **how):
        """The way ends in a refusal and without a session."""
        browser, answer = self.sign_in(slug, **how)
        self.check_refused(name, browser, answer, status, code)

    def check_refused(self, name, browser, answer, status, code):
        line = hansa.wait_for(lambda: [e for e in self.run.server.log_lines() if e.get("request_id") == answer.headers.get("request-id")
                                       and e.get("message") == "request"], 3)
        got = (answer.status, line[0].get("error") if line else None, COOKIE in browser.cookies)
        self.tap.equal(got, (status, code, False), name, answer)

    def me(self, browser):
        return browser.ask("GET", "/v1/session", accept="application/json")


def good_ways(s):
    tap = s.tap
    made = s.make("staff", role_claim="groups", role_map=[{"value": "desk", "role": "dispatcher"}, {"value": "boss", "role": "manager"}])
    tap.equal(made.status, 201, "an owner adds a provider", made)
    tap.ok(made.json["has_client_secret"] and s.secret not in made.body.decode(), "its secret is not told", made)
    browser = provider.Browser(s.run.server)
    started = browser.start(s.paths["staff"], "/desk?x=1")
    asked = dict(urllib.parse.parse_qsl(started.headers["location"].partition("?")[2]))
    tap.ok(started.status == 302 and started.headers["location"].startswith(s.idp.issuer + "/authorize?"), "the start leads to the provider", started)
    tap.equal((asked["response_type"], asked["code_challenge_method"], asked["redirect_uri"], len(asked["code_challenge"])),
              ("code", "S256", "https://127.0.0.1:8443/v1/session/oidc/callback", 43), "with a code, PKCE S256 and the exact redirect address")
    tap.ok(len(asked["state"]) > 60 and len(asked["nonce"]) >= 43 and "openid" in asked["scope"].split(), "state, nonce and openid", asked)
    cookie = started.cookies[0]
    tap.ok(cookie.startswith(SSO + "=") and all(w in cookie for w in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600")) and "Domain" not in cookie,
           "the browser gets a short-lived cookie of its own", cookie)
    back = s.idp.authorize(started.headers["location"])
    answer = browser.callback(back)
    tap.equal((answer.status, answer.headers.get("location")), (302, "/desk?x=1"), "the callback goes on to the page asked for", answer)
    tap.ok(COOKIE in browser.cookies and SSO not in browser.cookies, "with a session, and the other cookie gone", answer.cookies)
    tap.ok(any("Secure" in c and "HttpOnly" in c and c.startswith(COOKIE + "=") for c in answer.cookies), "whose cookie is as every session's", answer.cookies)
    me = s.me(browser)
    tap.ok(me.status == 200 and me.json["user"]["email"] == "ada@example.com" and me.json["user"]["audience"] == "STAFF", "the person was made", me)
    tap.ok("orders:read" in me.json["scopes"] and "orders:*" not in me.json["scopes"], "with the default role", me.json["scopes"])
    tap.equal(s.run.database.sql("select count(*) from identity.app_user where email = 'ada@example.com' and password_phc is null"), "1", "and no password")
    s.check_refused("the same answer of the provider once more is refused", provider.Browser(s.run.server), browser.callback(back), 403, "identity/sso_ended")
    for _ in range(2):
        _, answer = s.sign_in()
    tap.equal(s.run.database.sql("select count(*) from identity.app_user where email = 'ada@example.com'"), "1", "who comes again is the same person")
    bare = provider.Browser(s.run.server).ask("GET", "/v1/session/oidc/callback")
    tap.equal((bare.status, bare.headers.get("location"), bare.cookies), (302, "/", []), "the bare address goes home")
    for alg, kind in (("PS256", "RSA"), ("ES256", "EC")):
        s.idp.keys.append(provider.Key(s.idp.place, "key-" + alg, kind))
    rotate(s)


def rotate(s):
    """Keys change: the unknown one is asked for."""
    before = s.idp.asked["keys"]
    for key in s.idp.keys[1:]:
        s.idp.sign_with, s.idp.alg = key, key.kid.partition("-")[2]
        _, answer = s.sign_in()
        s.tap.equal(answer.status, 302, "a token by a new key with %s is taken" % s.idp.alg, answer)
    s.tap.equal(s.idp.asked["keys"] - before, 1, "after one look at the keys")
    s.idp.behave()


def tampered_flows(s):
    secret = "x" * 66
    s.refused("a state of nobody", 403, "identity/sso_ended", change=lambda b: b.update(state=secret))
    s.refused("no state", 403, "identity/sso_ended", change=lambda b: b.pop("state"))
    s.refused("a state with another end", 403, "identity/sso_ended", change=lambda b: b.update(state=b["state"][:-1] + ("a" if b["state"][-1] != "a" else "b")))
    s.refused("a code that the provider does not know", 403, "identity/sso_denied", change=lambda b: b.update(code="forged"))
    s.refused("another issuer beside the code (RFC 9207)", 403, "identity/sso_refused", change=lambda b: b.update(iss="https://evil.example.com"))
    s.refused("no issuer from a provider that names itself", 403, "identity/sso_refused", change=lambda b: b.pop("iss"))
    s.refused("an error of the provider", 403, "identity/sso_denied", change=lambda b: (b.pop("code"), b.update(error="access_denied")))
    # the victim's browser is sent an attacker's answer, and the other way round
    attacker, victim = provider.Browser(s.run.server), provider.Browser(s.run.server)
    back = s.idp.authorize(attacker.start(s.paths["staff"]).headers["location"])
    s.check_refused("somebody else's answer without a cookie", victim, victim.callback(back), 403, "identity/sso_ended")
    victim.start(s.paths["staff"])
    s.check_refused("somebody else's answer with a cookie of another sign-in", victim, victim.callback(back), 403, "identity/sso_ended")
    s.tap.equal(attacker.callback(back).status, 302, "and the sign-in is still good for the browser that began it")
    # a stolen code in a sign-in of one's own: PKCE and the nonce are of the other one
    victim, attacker = provider.Browser(s.run.server), provider.Browser(s.run.server)
    stolen = s.idp.authorize(victim.start(s.paths["staff"]).headers["location"])["code"]
    back = s.idp.authorize(attacker.start(s.paths["staff"]).headers["location"], code=stolen)
    s.check_refused("a stolen code in a sign-in of one's own (PKCE)", attacker, attacker.callback(back), 403, "identity/sso_denied")
    for target in ("//evil.example.com", "https://evil.example.com/", "/\\evil.example.com", "/\t/evil.example.com", "evil", "", "/a\\b", "javascript:alert(1)"):
        answer = provider.Browser(s.run.server).ask("GET", s.paths["staff"] + "?" + urllib.parse.urlencode({"return_to": target}), accept="application/json;q=0.1,*/*")
        s.tap.ok(answer.status in (400, 422), "going on to %r is refused" % target, answer)
    s.run.database.sql("update identity.idp_login set expires_at = now() - interval '1 second' where used_at is null")
    browser = provider.Browser(s.run.server)
    back = s.idp.authorize(browser.start(s.paths["staff"]).headers["location"])
    s.run.database.sql("update identity.idp_login set expires_at = now() - interval '1 second'")
    s.check_refused("a sign-in of more than ten minutes ago", browser, browser.callback(back), 403, "identity/sso_ended")
    left = int(s.run.database.sql("select count(*) from identity.idp_login where expires_at < now()"))
    s.sign_in()
    s.tap.ok(int(s.run.database.sql("select count(*) from identity.idp_login where expires_at < now()")) < left, "later sign-ins sweep what has ended")
    # code and state at the same time by two requests: one session
    browser = provider.Browser(s.run.server)
    back = s.idp.authorize(browser.start(s.paths["staff"]).headers["location"])
    copies = [provider.Browser(s.run.server) for _ in range(4)]
    statuses = []
    for copy in copies:
        copy.cookies = dict(browser.cookies)
    threads = [threading.Thread(target=lambda c=copy: statuses.append(c.callback(back).status)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    s.tap.equal(sorted(statuses), [302, 403, 403, 403], "four answers at once open one session")


def mix_up(s):
    """Two providers: one of them must not get what is meant for the other, nor answer in its place."""
    s.tap.equal(s.make("other", idp=s.other).status, 201, "a second provider")
    browser = provider.Browser(s.run.server)
    location = browser.start(s.paths["staff"]).headers["location"]
    back = s.other.authorize(location)  # the other one answers, with its own name
    before = s.other.asked["token"], s.idp.asked["token"]
    s.check_refused("the other provider answers in its place", browser, browser.callback(back), 403, "identity/sso_refused")
    s.tap.equal((s.other.asked["token"], s.idp.asked["token"]), before, "and no code went anywhere")
    browser = provider.Browser(s.run.server)
    back = s.other.authorize(browser.start(s.paths["staff"]).headers["location"], iss=s.idp.issuer)
    s.check_refused("also when it takes the right name", browser, browser.callback(back), 403, "identity/sso_denied")
    s.tap.equal(s.other.asked["token"], before[0], "the code went to the provider that was asked, alone")
    s.other.claims = {"iss": s.idp.issuer}
    s.refused("a token in the name of the other provider", 403, "identity/sso_refused", slug="other", idp=s.other)
    s.other.behave()
    s.other.user = dict(s.idp.user)
    s.refused("the same subject and address at another provider is somebody else, and the address is taken", 403, "identity/sso_email_refused",
              slug="other", idp=s.other)
    s.other.behave()


def forged_tokens(s):
    idp, now = s.idp, int(time.time())
    stranger = provider.Key(idp.place, "one")

    def forged(name, **how):
        for what, value in how.items():
            setattr(idp, what, value)
        s.refused(name, 403, "identity/sso_refused")
        idp.behave()

    forged("a token of another issuer", claims={"iss": "https://evil.example.com"})
    forged("the issuer with a slash more", claims={"iss": idp.issuer + "/"})
    forged("a token for another audience", claims={"aud": "somebody"})
    forged("no audience", claims={"aud": None})
    forged("several audiences without azp", claims={"aud": [idp.client_id, "somebody"]})
    forged("azp of another", claims={"azp": "somebody"})
    forged("another nonce", claims={"nonce": "n" * 43})
    forged("no nonce", claims={"nonce": None})
    forged("expired", claims={"exp": now - 61})
    forged("no expiry", claims={"exp": None})
    forged("expiry as a text", claims={"exp": str(now + 300)})
    forged("not valid yet", claims={"nbf": now + 120})
    forged("from the future", claims={"iat": now + 120})
    forged("too old", claims={"iat": now - 3600})
    forged("no subject", claims={"sub": None})
    forged("an empty subject", claims={"sub": ""})
    forged("a subject that is too long", claims={"sub": "s" * 256})
    forged("a wrong at_hash", claims={"at_hash": "A" * 22})
    forged("alg none", alg="none")
    forged("HS256 with the public key as the secret", alg="HS256")
    forged("an algorithm that the provider does not offer", document={"id_token_signing_alg_values_supported": ["ES256"]}, alg="RS384")
    forged("signed by a stranger under our key's name", sign_with=stranger)
    forged("a critical header", header={"crit": ["exp"], "exp": now})
    forged("a token of another type", header={"typ": "at+jwt"})
    forged("a token of more than 8 KiB", claims={"padding": "x" * 9000})
    for member in ("jwk", "jku", "x5u"):
        value = stranger.public() if member == "jwk" else idp.issuer + "/evil-keys"
        forged("the stranger's key by %s" % member, sign_with=stranger, header={member: value})
    s.tap.equal(idp.asked["evil-keys"], 0, "addresses inside a token are not asked")
    good = provider.token(idp.keys[0], {})
    for name, raw in (("no token", "x"), ("two parts", good.rpartition(".")[0]), ("an empty signature", good.rpartition(".")[0] + "."), ("padding", good + "=="),
                      ("padding inside", good[:good.index(".") + 2] + "=W" + good[good.index(".") + 3:]),
                      ("five parts", good + ".a.b"), ("a number", "1.2.3")):
        forged("instead of a token: " + name, raw_token=raw)
    idp.claims = {"aud": [idp.client_id, "somebody"], "azp": idp.client_id}
    s.tap.equal(s.sign_in()[1].status, 302, "several audiences with our azp are fine")
    idp.behave()
    idp.claims = {"exp": now - 30, "iat": now - 100}
    s.tap.equal(s.sign_in()[1].status, 302, "a clock that is half a minute off is fine")
    idp.behave()


def unknown_key_flood(s):
    stranger = provider.Key(s.idp.place, "stranger")
    s.idp.sign_with = stranger
    before = s.idp.asked["keys"]
    for i in range(12):
        s.idp.header = {"kid": "unknown-%d" % i}
        _, answer = s.sign_in()
        if answer.status != 403:
            s.tap.ok(False, "an unknown key is refused", answer)
    s.tap.ok(s.idp.asked["keys"] - before <= 1, "twelve unknown key ids cause at most one look at the keys (A9)", s.idp.asked)
    s.idp.behave()
    s.tap.equal(s.sign_in()[1].status, 302, "and good people go on signing in")


def bad_provider(s):
    idp = s.idp
    idp.token_status = 500
    s.refused("a provider that fails at the token", 502, "identity/sso_provider_failed")
    idp.behave()
    third = provider.Provider()
    with third:
        pass  # nothing listens there any more
    made = s.run.ask("POST", "/v1/idps", {"slug": "gone", "name": "Gone", "issuer": "https://127.0.0.1:%d" % s.other.port + "/elsewhere", "client_id": "x"}, s.owner)
    s.paths["gone"] = made.json["start_path"]
    browser = provider.Browser(s.run.server)
    s.check_refused("a provider whose document is another's", browser, browser.start(s.paths["gone"]), 502, "identity/sso_provider_failed")
    answer = provider.Browser(s.run.server).start("/v1/session/oidc/alpha/nobody/start")
    s.tap.equal(answer.status, 404, "a provider that there is not")
    answer = provider.Browser(s.run.server).start("/v1/session/oidc/nobody/staff/start")
    s.tap.equal(answer.status, 404, "a tenant that there is not")
    page = answer.body.decode()
    s.tap.ok(answer.headers["content-type"].startswith("text/html") and "<script" not in page and "default-src 'none'" in answer.headers["content-security-policy"],
             "errors are a small page for browsers", page)
    answer = provider.Browser(s.run.server).ask("GET", "/v1/session/oidc/alpha/nobody/start", accept="*/*")
    s.tap.equal(answer.headers["content-type"], "application/problem+json", "and a problem for others")


def hostile_hosts(s):
    """Documents that are too large, too deep, elsewhere, or never end; and one that leads inside (promises W3, W4)."""
    for kind in ("large", "redirect", "deep"):
        s.make("hostile-" + kind, issuer=s.idp.issuer + "/hostile/" + kind)
        browser = provider.Browser(s.run.server)
        s.check_refused("a provider that is " + kind, browser, browser.start(s.paths["hostile-" + kind]), 502, "identity/sso_provider_failed")
    s.tap.equal(s.idp.asked["inside"], 0, "a redirect is not followed")
    s.make("hostile-inside", issuer=s.idp.issuer + "/hostile/inside")
    browser, answer = s.sign_in("hostile-inside", change=lambda back: back.update(iss=s.idp.issuer + "/hostile/inside"))
    s.check_refused("a provider whose addresses lead inside", browser, answer, 502, "identity/sso_provider_failed")
    s.make("hostile-slow", issuer=s.idp.issuer + "/hostile/slow")
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(provider.Browser(s.run.server).start(s.paths["hostile-slow"]).status)) for _ in range(6)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    fast = [s.run.ask("GET", "/v1/idps", key=s.owner).status for _ in range(20)]
    took = time.monotonic() - begun - 0.5
    s.tap.ok(set(fast) == {200} and took < 2, "while a provider hangs, everything else goes on (W4)", "%s in %.1f s" % (fast, took))
    for thread in threads:
        thread.join()
    s.tap.ok(set(statuses) <= {502, 503} and 503 in statuses and time.monotonic() - begun < 15, "who waits for it is told so in time, a tenant's share at once",
             "%s after %.1f s" % (statuses, time.monotonic() - begun))


def who_is_who(s):
    tap, idp, db = s.tap, s.idp, s.run.database
    idp.user = {"sub": "grace", "email": "Grace@Example.com", "email_verified": True, "name": "Grace Hopper", "groups": ["boss", "x"]}
    browser, _ = s.sign_in()
    scopes = s.me(browser).json["scopes"]
    tap.ok("identity:keys" in scopes and "orders:*" in scopes, "a claim's value gives its role", scopes)
    idp.user["groups"] = "desk"
    second, _ = s.sign_in()
    tap.ok("identity:keys" not in s.me(second).json["scopes"] and "exchange:write" in s.me(second).json["scopes"], "another value, another role, as a text too", s.me(second))
    ended, took = client.eventually(lambda: s.me(browser).status == 401, 3)
    tap.ok(ended and took < 1, "and sessions with the old role end within a second (A5)", took)
    user = s.me(second).json["user"]["user_id"]
    tap.equal(s.me(second).json["user"]["email"], "grace@example.com", "addresses are kept in small letters")
    del idp.user["groups"]
    third, _ = s.sign_in()
    tap.ok("orders:read" in s.me(third).json["scopes"] and "orders:*" not in s.me(third).json["scopes"], "no value: the default role")
    idp.user["email"] = "changed@example.com"
    fourth, _ = s.sign_in()
    tap.equal(s.me(fourth).json["user"]["user_id"], user, "a person is found by issuer and subject, whatever the address")
    disabled = s.run.ask("POST", "/v1/users/%s/disable" % user, key=s.owner)
    if disabled.status >= 400:
        db.sql("update identity.app_user set status = 'DISABLED' where user_id = '%s'" % user)
    s.refused("a disabled person", 403, "identity/sso_user_disabled")
    idp.user = {"sub": "no-mail", "name": "Nobody"}
    s.refused("no address", 403, "identity/sso_email_missing")
    idp.userinfo = {"sub": "somebody-else", "email": "x@example.com", "email_verified": True}
    s.refused("an address of somebody else's userinfo", 403, "identity/sso_email_missing")
    idp.userinfo = {"email": "told@example.com", "email_verified": True, "groups": ["desk"]}
    browser, answer = s.sign_in()
    tap.equal(s.me(browser).json["user"]["email"], "told@example.com", "what the token leaves out is asked of userinfo", answer)
    idp.behave()
    idp.user = {"sub": "unsure", "email": "unsure@example.com", "name": "Unsure"}
    s.refused("an address that is not verified", 403, "identity/sso_email_refused")
    idp.user = {"sub": "impostor", "email": "ada@example.com", "email_verified": True, "name": "Impostor"}
    s.refused("an address of somebody known, at a provider without domains", 403, "identity/sso_email_refused")
    idp.user = {"sub": "odd", "email": "o@example.com", "email_verified": True, "name": "Odd\u202e\nName", "preferred_username": "odd"}
    browser, _ = s.sign_in()
    tap.equal(s.me(browser).json["user"]["name"], "odd", "a name that hides something is not taken")
    idp.behave()


def whom_a_provider_may_make(s):
    tap, run, idp, db = s.tap, s.run, s.idp, s.run.database
    manager = run.server.key("alpha", "orders:*,identity:*")
    refused = s.make("m1", key=manager, default_role={"role": "owner"})
    tap.equal((refused.status, client.problem_code(refused)), (403, "identity/more_than_held"), "who is no owner maps nobody to owner (Z5)", refused)
    refused = s.make("m2", key=manager, default_role=None, role_claim="g", role_map=[{"value": "x", "role": "owner"}])
    tap.equal((refused.status, client.pointers(refused)), (403, ["/role_map/0/role"]), "nor by the map", refused)
    refused = s.make("m3", key=manager, default_role=None, email_domains=["example.com"])
    tap.equal((refused.status, client.pointers(refused)), (403, ["/email_domains"]), "and declares no domains")
    made = s.make("m4", key=manager, default_role=None)
    tap.equal(made.status, 201, "a provider that gives nothing may be added", made)
    idp.user = {"sub": "nobody", "email": "nobody@example.com", "email_verified": True, "name": "Nobody"}
    s.refused("a person without any role", 403, "identity/sso_no_role", slug="m4")
    tap.equal(db.sql("select count(*) from identity.app_user where email = 'nobody@example.com'"), "0", "is not even made")
    owners = s.make("owners", default_role={"role": "owner"}, email_domains=["Example.com"])
    tap.equal(owners.json["email_domains"], ["example.com"], "an owner may", owners)
    body = {"slug": "owners", "name": "Mine", "issuer": s.other.issuer, "client_id": "mine", "client_secret": "mine"}
    taken = run.ask("PUT", "/v1/idps/" + owners.json["idp_id"], body, manager)
    tap.equal(taken.status, 403, "and nobody less takes such a provider over", taken)
    idp.user = {"sub": "ada-elsewhere", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
    refusal = s.sign_in("owners")[1]
    tap.equal(refusal.status, 403, "one account has one subject of an issuer", refusal)
    db.sql("insert into identity.app_user (tenant_id, user_id, email, name) values ('%s', core.uuidv7(), 'invited@example.com', 'Invited')" % s.a.tenant)
    idp.user = {"sub": "invited", "email": "invited@example.com", "email_verified": True, "name": "Else"}
    browser, answer = s.sign_in("owners")
    tap.equal((answer.status, s.me(browser).json["user"]["name"]), (302, "Invited"), "with domains, an invited person is found by address", answer)
    idp.user = {"sub": "stranger", "email": "x@gmail.com", "email_verified": True, "name": "X"}
    s.refused("an address elsewhere does not sign in", 403, "identity/sso_email_refused", slug="owners")
    idp.behave()
    partner = s.make("carrier", default_role={"role": "partner", "reach": "PARTNER"})
    tap.equal((partner.status, client.pointers(partner)), (422, ["/default_role/account_id"]), "a partner's role needs its partner", partner)
    idp.names_itself = True


def providers_kept(s):
    tap, run, db = s.tap, s.run, s.run.database
    listed = run.ask("GET", "/v1/idps", key=s.owner).json["data"]
    tap.ok(len(listed) >= 3 and s.secret not in json.dumps(listed), "providers are listed without secrets")
    raw = db.sql("select string_agg(encode(client_secret, 'escape'), ' ') from identity.idp")
    tap.ok(s.secret not in raw, "the table holds no plain secret (K2)")
    one = next(p for p in listed if p["slug"] == "staff")
    path = "/v1/idps/" + one["idp_id"]
    body = {k: one[k] for k in ("slug", "name", "issuer", "client_id", "scopes", "role_claim", "role_map", "default_role", "email_domains", "trusts_email", "is_enabled")}
    got = run.ask("GET", path, key=s.owner)
    tap.equal(got.json, one, "one of them")
    off = run.ask("PUT", path, {**body, "is_enabled": False}, s.owner)
    tap.ok(off.status == 200 and off.json["has_client_secret"], "a change keeps the secret", off)
    tap.equal(s.sign_in()[1].status, 404, "a provider that is off is not there")
    on = run.ask("PUT", path, body, s.owner, {"if-match": off.headers["etag"]})
    tap.equal((on.status, s.sign_in()[1].status), (200, 302), "and on again, by If-Match", on)
    stale = run.ask("PUT", path, body, s.owner, {"if-match": got.headers["etag"]})
    tap.equal(stale.status, 412, "a stale If-Match changes nothing", stale)
    moved = run.ask("PUT", path, {**body, "issuer": s.other.issuer}, s.owner)
    tap.equal((moved.status, client.problem_code(moved)), (422, "identity/idp_secret_missing"), "a secret does not move to another issuer", moved)
    for issuer in ("http://login.example.com", "https://10.0.0.1", "https://169.254.169.254", "https://metadata.google.internal", "https://localhost.localdomain",
                   "https://u:p@login.example.com", "https://login.example.com/?x=1", "https://login.example.com:22", "https://[::ffff:10.0.0.1]"):
        refused = s.make("inner", issuer=issuer)
        tap.equal((refused.status, client.pointers(refused)), (422, ["/issuer"]), "an issuer at %s is refused" % issuer, refused)
    again = s.make("staff")
    tap.equal((again.status, client.pointers(again)), (409, ["/slug"]), "a slug is good once", again)
    begun = provider.Browser(run.server)
    back = s.idp.authorize(begun.start(s.paths["staff"]).headers["location"])
    gone = run.ask("DELETE", path, key=s.owner)
    tap.equal((gone.status, run.ask("GET", path, key=s.owner).status), (204, 404), "a provider is taken away", gone)
    tap.equal(begun.callback(back).status, 403, "and a sign-in under way with it")
    trail = db.sql("select string_agg(changes::text, ' ') from audit.entry where object_kind in ('idp', 'session', 'user')")
    tap.ok("staff" in trail and s.secret not in trail and "ada@example.com" not in trail, "all of it is on record, without secrets or addresses")
    refusals = int(db.sql("select count(*) from audit.entry where code like 'identity/sso%'"))
    tap.ok(refusals >= 10, "refused sign-ins are on record too", refusals)


def main():
    tap = hansa.Tap()
    with provider.Provider() as idp, provider.Provider() as other:
        run = client.Run("oidc", max_running_tenant=100, may=("identity/sso_provider_failed",), **idp.settings(other))
        with run:
            s = Scene(tap, run, idp, other)
            for section in (good_ways, tampered_flows, mix_up, forged_tokens, unknown_key_flood, bad_provider, hostile_hosts, who_is_who, whom_a_provider_may_make, providers_kept):
                begun = time.monotonic()
                section(s)
                hansa.note("%s took %.1f s" % (section.__name__, time.monotonic() - begun))
        run.verdict(tap)
    tap.done()


main()
