#!/usr/bin/env python3
"""Sessions: what the cookie is, when a session ends, and that only our own pages can act with it (promises A5, A6, A7, Z4)."""
import hashlib
import re

import hansa
import people


def cookie(tap, server, db, ada):
    one, two = people.sign_in(server, ada), people.sign_in(server, ada)
    name, _, attributes = one.set_cookie.partition("=")
    tap.equal(name, "__Host-hansa", "the cookie is bound to the host (A7)")
    tap.equal(set(re.split("; ?", attributes.partition(";")[2].strip())), {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}, "Path=/, Secure, HttpOnly, SameSite=Lax (A7)")
    tap.ok(re.fullmatch("[0-9A-Za-z]{22}_[0-9A-Za-z]{43}", one.cookie), "the token has 256 random bits (A5)", one.cookie)
    tap.ok(one.cookie[23:] != two.cookie[23:] and one.session_id != two.session_id, "and is new at each sign-in (A5)")
    kept = db.sql("select encode(secret_hash, 'hex') from identity.session where session_id = '%s';" % one.session_id)
    tap.equal(kept, hashlib.sha256(one.cookie.encode()).hexdigest(), "at rest there is its SHA-256 (A5)")
    tap.equal(db.sql("select count(*) from identity.session s where s::text like '%%%s%%';" % one.cookie[23:]), "0", "and nowhere the token itself")
    shown = one.ask("GET", "/v1/session")
    tap.ok(shown.status == 200 and shown.json["csrf_token"] == one.body["csrf_token"] and shown.headers["cache-control"] == "no-store", "GET /v1/session shows it", shown)
    tap.ok(one.cookie not in shown.body.decode() + str(one.body), "without the token")
    again = people.sign_in(server, ada, headers={"cookie": "__Host-hansa=" + one.cookie})
    tap.ok(one.ends() and again.is_live(), "a sign-in ends the session that the request carried (A5)")
    many = people.try_sign_in(server, ada, headers={"user-agent": "x" * 500 + "\u00e9"})
    tap.equal((many.status, db.sql("select max(length(user_agent)) from identity.session;")), (201, "200"), "a long User-Agent is cut to 200")


def forged(tap, server, other_tenant, ada):
    session = people.sign_in(server, ada)
    good = session.cookie
    flipped = good[:30] + ("A" if good[30] != "A" else "B") + good[31:]
    for what, text in (("none", ""), ("a word", "x"), ("cut off", good[:-1]), ("longer", good + "A"), ("another secret", flipped),
                       ("moved to another tenant", other_tenant.cookie[:22] + good[22:]), ("a statement", "' or 1=1 --")):
        answer = server.request("GET", "/v1/session", headers={"cookie": "__Host-hansa=" + text})
        tap.equal((answer.status, answer.json["type"]), (401, "/problems/core/unauthenticated"), "a cookie that is %s opens nothing" % what)
    answer = server.request("GET", "/v1/session", headers={"cookie": "a=b; __Host-hansa=%s; c=d" % good})
    tap.equal(answer.status, 200, "others' cookies do not disturb")
    answer = server.request("GET", "/v1/session", headers={"cookie": "hansa=%s; x__Host-hansa=%s" % (good, good)})
    tap.equal(answer.status, 401, "and are not taken for ours")
    answer = session.ask("GET", "/v1/session", headers={"authorization": "Bearer hansa_live_x"})
    tap.equal(answer.status, 401, "a bad key beside a good cookie is a bad key")


def endings(tap, server, db, key, ada):
    """Promise A5: the twelve ways in which a session ends, and what it does not end."""
    def fresh(person=ada):
        return people.sign_in(server, person)
    one, other = fresh(), fresh()
    answer = one.ask("DELETE", "/v1/session")
    tap.ok(answer.status == 204 and "Max-Age=0" in answer.headers["set-cookie"] and one.ends(), "1. signing out ends it and has the browser forget it", answer)
    tap.ok(other.is_live(), "and no other")
    one = fresh()
    listed = other.ask("GET", "/v1/sessions").json["data"]
    tap.ok(one.session_id in [s["session_id"] for s in listed] and [s["session_id"] for s in listed if s["is_present"]] == [other.session_id], "own sessions are listed", listed)
    tap.equal(other.ask("DELETE", "/v1/sessions/" + one.session_id).status, 204, "2. a session is ended from another one")
    tap.ok(one.ends() and other.is_live(), "at once, and only that")
    tap.equal(other.ask("DELETE", "/v1/sessions/" + one.session_id).status, 404, "an ended one is not there")
    bob = people.make(server, "acme", "bob@example.com")
    his = fresh(bob)
    tap.equal((other.ask("DELETE", "/v1/sessions/" + his.session_id).status, his.is_live()), (404, True), "nor is somebody else's")
    one = fresh()
    changed = other.ask("POST", "/v1/session/password", {"password": ada.password, "new_password": "another good password"})
    tap.ok(changed.status == 204 and one.ends() and other.is_live(), "3. a change of password ends all others", changed)
    old = people.try_sign_in(server, ada).status
    ada.password = "another good password"
    tap.equal((old, people.try_sign_in(server, ada).status), (401, 201), "and the new password counts, the old does not")
    wrong = other.ask("POST", "/v1/session/password", {"password": "not mine at all", "new_password": "x" * 20})
    tap.equal((wrong.status, wrong.json["type"]), (403, "/problems/identity/password_wrong"), "it takes the present password")
    tap.equal(server.request("POST", "/v1/users/%s/disable" % bob.user_id, key=key).json["status"], "DISABLED", "somebody is shut out")
    tap.ok(his.ends() and people.try_sign_in(server, bob).status == 401, "4. his sessions end and he cannot sign in")
    tap.equal(server.request("POST", "/v1/users/%s/enable" % bob.user_id, key=key).json["status"], "ACTIVE", "let in again")
    tap.ok(not his.is_live() and people.try_sign_in(server, bob).status == 201, "he signs in anew; the old session stays ended")
    one = fresh(bob)
    server.request("POST", "/v1/password-resets", {"tenant": "acme", "email": bob.email})
    link = hansa.wait_for(lambda: people.links(server, "acme", "PASSWORD_RESET", bob.email), 5)[-1]
    done = server.request("POST", "/v1/password-resets/complete", {"token": link["token"], "password": "a third password"})
    bob.password = "a third password"
    tap.ok(done.status == 200 and one.ends(), "5. a reset by link ends all", done)
    one = fresh(bob)
    sent = one.ask("POST", "/v1/session/email", {"password": bob.password, "email": "robert@example.com"})
    link = people.links(server, "acme", "EMAIL_CHANGE")[-1]
    done = server.request("POST", "/v1/email-changes/complete", {"token": link["token"]})
    bob.email = "robert@example.com"
    tap.ok(sent.status == 202 and done.status == 200 and one.ends(), "6. a change of address ends all", (sent, done))
    one = fresh(bob)
    db.sql("begin; set local hansa.tenant_id = '%s'; select identity.session_end(tenant_id, user_id, 'ROLE') from identity.app_user where email = '%s'; commit;"
           % (other.body["tenant"]["tenant_id"], bob.email))
    tap.ok(one.ends(), "7. a change of role ends all")
    one = fresh(bob)
    db.sql("update identity.tenant set status = 'SUSPENDED' where slug = 'acme';")
    tap.ok(one.ends() and people.try_sign_in(server, bob).status == 401, "8. a suspended tenant's sessions are refused within a second, and nobody signs in")
    db.sql("update identity.tenant set status = 'ACTIVE' where slug = 'acme';")
    tap.ok(hansa.wait_for(one.is_live, 2), "and go on when it is back")
    for number, what, sql in ((9, "30 minutes without use", "last_seen_at = now() - interval '30 minutes 1 second'"),
                              (10, "12 hours", "expires_at = now()")):
        one = fresh(bob)
        db.sql("update identity.session set %s where session_id = '%s';" % (sql, one.session_id))
        tap.ok(one.ends(), "%d. %s end it (A6)" % (number, what))
    one = fresh(bob)
    db.sql("update identity.session set last_seen_at = now() - interval '29 minutes' where session_id = '%s';" % one.session_id)
    tap.ok(one.is_live(), "11. 29 minutes without use do not (A6)")
    life = db.sql("select extract(epoch from expires_at - created_at)::int, idle_seconds from identity.session where session_id = '%s';" % one.session_id)
    tap.equal(life, "43200|1800", "12 hours at most, 30 minutes without use, as configured (A6)")
    again = people.sign_in(server, bob, headers=one.headers())
    tap.ok(one.ends() and again.is_live(), "12. a new sign-in replaces it")


def same_site(tap, server, ada):
    """Promise A7: what an unsafe request with a cookie must show. DELETE of a session that is not there: 404 means let in."""
    session = people.sign_in(server, ada)
    path = "/v1/sessions/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    full = session.headers()
    stranger = people.sign_in(server, ada).body["csrf_token"]
    cases = [("everything", {}, 404), ("no Sec-Fetch-Site (an old browser)", {"sec-fetch-site": None}, 404),
             ("no Origin", {"origin": None}, 403), ("another Origin", {"origin": "https://evil.example"}, 403), ("Origin null", {"origin": "null"}, 403),
             ("Origin of another port", {"origin": "https://127.0.0.1:9443"}, 403), ("Origin with something behind", {"origin": people.ORIGIN + ".evil.example"}, 403),
             ("http instead of https", {"origin": people.ORIGIN.replace("https", "http")}, 403), ("cross-site", {"sec-fetch-site": "cross-site"}, 403),
             ("same-site", {"sec-fetch-site": "same-site"}, 403), ("none", {"sec-fetch-site": "none"}, 403), ("no token", {"x-csrf-token": None}, 403),
             ("an empty token", {"x-csrf-token": ""}, 403), ("another session's token", {"x-csrf-token": stranger}, 403),
             ("a spoilt token", {"x-csrf-token": full["x-csrf-token"][:-1] + "x"}, 403)]
    for method, address, body in (("DELETE", path, None), ("POST", "/v1/session/password", {})):
        for what, change, expected in cases:
            headers = {k: v for k, v in {**full, **change}.items() if v is not None}
            answer = server.request(method, address, body, headers=headers)
            if method == "POST" and expected == 404:
                expected = 422
            code = answer.json["type"]
            tap.ok(answer.status == expected and (expected != 403 or code == "/problems/core/cross_site"), "%s with %s: %d (A7)" % (method, what, expected), answer)
    answer = server.request("GET", "/v1/session", headers={"cookie": full["cookie"], "origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    tap.ok(answer.status == 200 and "access-control-allow-origin" not in answer.headers, "reading needs no token; no other origin may read the answer (A7)", answer.headers)
    tap.ok(session.is_live(), "nothing of it ended the session")


def rights(tap, server, key):
    viewer = people.sign_in(server, people.make(server, "acme", "viewer@example.com", "viewer"))
    tap.equal(viewer.ask("GET", "/v1/shipments").status, 200, "a viewer sees shipments")
    refused = viewer.ask("POST", "/v1/shipments", {})
    tap.equal((refused.status, refused.json["type"]), (403, "/problems/core/forbidden"), "and makes none")
    tap.equal(viewer.ask("POST", "/v1/users", {"email": "x@example.com", "name": "X"}).status, 403, "nor people")
    owner = people.sign_in(server, people.make(server, "acme", "owner@example.com", "owner"))
    made = owner.ask("POST", "/v1/users", {"email": "new@example.com", "name": "New"})
    tap.equal(made.status, 201, "an owner invites people")
    for method, path, body in (("GET", "/v1/session", None), ("GET", "/v1/sessions", None), ("DELETE", "/v1/session", None), ("DELETE", "/v1/session/totp", None),
                               ("POST", "/v1/session/totp", {"password": "x"}), ("POST", "/v1/session/password", {"password": "x", "new_password": "y" * 9})):
        answer = server.request(method, path, body, key)
        tap.equal((answer.status, answer.json["type"]), (403, "/problems/core/forbidden"), "%s %s is a person's own affair: no key will do" % (method, path))


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        with hansa.Server(db) as server, hansa.Server(db) as second:
            _, key = server.tenant("acme")
            server.tenant("bolt")
            ada = people.make(server, "acme", "ada@example.com", "owner")
            cookie(tap, server, db, ada)
            forged(tap, server, people.sign_in(server, people.make(server, "bolt", "eve@example.com", "owner")), ada)
            endings(tap, server, db, key, ada)
            same_site(tap, server, ada)
            rights(tap, server, key)
            session = people.sign_in(server, ada)
            there = people.Session.__new__(people.Session)
            there.__dict__.update(session.__dict__, server=second)
            tap.ok(there.is_live() and session.ask("DELETE", "/v1/session").status == 204 and there.ends(), "a session ended at one server is refused by another within a second")
    tap.done()


if __name__ == "__main__":
    main()
