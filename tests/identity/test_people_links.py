#!/usr/bin/env python3
"""People by invitation, and the links that prove an address: good once, for a while, never logged (promises A5, K1, T8)."""
import concurrent.futures
import json
import subprocess
import time

import hansa
import people


def invitation(tap, server, db, key):
    made = server.request("POST", "/v1/users", {"email": " Carl@Example.com".strip(), "name": "Carl", "locale": "de"}, key)
    user = made.json
    tap.equal((made.status, made.headers["location"]), (201, "/v1/users/" + user["user_id"]), "a person is invited", made)
    tap.equal((user["email"], user["status"], user["audience"], user["locale"]), ("carl@example.com", "INVITED", "STAFF", "de"), "with the address in small letters")
    for body, status, code, pointer in (({"email": "CARL@example.com", "name": "Twin"}, 409, "identity/email_taken", "/email"),
                                        ({"email": "no address", "name": "X"}, 422, "identity/email_malformed", "/email"),
                                        ({"email": "a@b", "name": "X"}, 422, "identity/email_malformed", "/email"),
                                        ({"email": "x@example.com", "name": "X", "locale": "DE-de"}, 422, "identity/locale_malformed", "/locale"),
                                        ({"email": "x@example.com", "name": "X", "user_id": user["user_id"]}, 422, "core/invalid", "/user_id"),
                                        ({"email": "x@example.com", "name": "X", "status": "ACTIVE"}, 422, "core/invalid", "/status")):
        answer = server.request("POST", "/v1/users", body, key)
        tap.ok(answer.status == status and answer.json["type"] == "/problems/" + code and answer.json["errors"][0]["pointer"] == pointer,
               "%s is refused" % json.dumps(body)[:60], answer)
    first = people.links(server, "acme", "INVITATION", "carl@example.com")[-1]
    tap.ok(first["url"].startswith("https://127.0.0.1:8443/account/invitation#"), "hansa admin shows the link; its token stands behind #", first["url"])
    again = server.request("POST", "/v1/users/%s/invitations" % user["user_id"], key=key)
    second = people.links(server, "acme", "INVITATION", "carl@example.com")
    tap.ok(again.status == 200 and len(second) == 1 and second[0]["token"] != first["token"], "an invitation sent again replaces the one before", second)
    token = second[0]["token"]
    stored = db.sql("select token_hash::text || o.sealed::text from identity.user_link l join identity.outgoing_link o using (tenant_id, link_id) where l.used_at is null and o.sealed is not null;")
    tap.ok(token.encode().hex() not in stored, "at rest there are a hash and a seal")
    for what, body, status in (("a replaced link", {"token": first["token"], "password": "good enough"}, 404), ("no link", {"token": "x", "password": "good enough"}, 404),
                               ("a link of nobody", {"token": token[:-1] + ("a" if token[-1] != "a" else "b"), "password": "good enough"}, 404),
                               ("too short a password", {"token": token, "password": "1234567"}, 422)):
        tap.equal(server.request("POST", "/v1/invitations/accept", body).status, status, "%s: %d" % (what, status))
    tap.equal(server.request("POST", "/v1/password-resets/complete", {"token": token, "password": "good enough"}).status, 404, "an invitation is no reset")
    def accepted(n):
        """Its status; a server that is too busy (503) is asked again, as Retry-After says."""
        while True:
            status = server.request("POST", "/v1/invitations/accept", {"token": token, "password": "good enough %d" % n}).status
            if status != 503:
                return status
            time.sleep(0.2)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(accepted, range(4)))
    tap.equal(statuses, [200, 404, 404, 404], "four at once: it is good once")
    got = server.request("GET", "/v1/users/" + user["user_id"], key=key)
    tap.equal((got.json["status"], got.headers["etag"][:2]), ("ACTIVE", '"r'), "then the person is active")
    tap.equal(people.links(server, "acme", "INVITATION", "carl@example.com"), [], "and nothing waits in the outbox")
    refused = server.request("POST", "/v1/users/%s/invitations" % user["user_id"], key=key)
    tap.equal((refused.status, refused.json["type"]), (409, "/problems/identity/user_not_invited"), "who accepted is not invited again")
    other = server.request("POST", "/v1/users", {"email": "late@example.com", "name": "Late"}, key).json
    late = people.links(server, "acme", "INVITATION", "late@example.com")[-1]
    db.sql("update identity.user_link set expires_at = now() where email = 'late@example.com';")
    tap.equal(server.request("POST", "/v1/invitations/accept", {"token": late["token"], "password": "good enough"}).status, 404, "after seven days it is no longer good")
    server.request("POST", "/v1/users/%s/invitations" % other["user_id"], key=key)
    late = people.links(server, "acme", "INVITATION", "late@example.com")[-1]
    server.request("POST", "/v1/users/%s/disable" % other["user_id"], key=key)
    tap.equal(server.request("POST", "/v1/invitations/accept", {"token": late["token"], "password": "good enough"}).status, 404, "nor after the person was shut out")
    back = server.request("POST", "/v1/users/%s/enable" % other["user_id"], key=key)
    tap.equal(back.json["status"], "INVITED", "who never accepted is invited still when let in again")
    return [first["token"], token, late["token"]]


def lists(tap, server, key):
    everybody = server.request("GET", "/v1/users?limit=2", key=key).json
    rest = server.request("GET", "/v1/users?limit=200&cursor=" + everybody["next_cursor"], key=key).json
    emails = [u["email"] for u in everybody["data"] + rest["data"]]
    tap.ok(len(emails) == len(set(emails)) >= 3 and rest["next_cursor"] is None, "people are listed page by page", emails)
    only = server.request("GET", "/v1/users?email=ADA%40example.com&status=ACTIVE", key=key).json["data"]
    tap.equal([u["email"] for u in only], ["ada@example.com"], "and found by address")


def reset(tap, server, db, ada):
    same = set()
    for body in ({"tenant": "acme", "email": ada.email}, {"tenant": "acme", "email": "nobody@example.com"}, {"tenant": "nobody", "email": ada.email}):
        answer = server.request("POST", "/v1/password-resets", body)
        same.add((answer.status, answer.body))
    tap.equal(len(same), 1, "who asks for a reset learns nothing of who has an account (A2)", same)
    link = hansa.wait_for(lambda: people.links(server, "acme", "PASSWORD_RESET"), 5)
    tap.equal([one["email"] for one in link], [ada.email], "the link goes to the person alone")
    token = link[0]["token"]
    done = server.request("POST", "/v1/password-resets/complete", {"token": token, "password": "set by a link"})
    tap.equal((done.status, done.json), (200, {"tenant": "acme", "email": ada.email, "name": "Test Person"}), "the link sets a password")
    tap.equal(server.request("POST", "/v1/password-resets/complete", {"token": token, "password": "set again"}).status, 404, "once")
    old = people.try_sign_in(server, ada).status
    ada.password = "set by a link"
    tap.equal((old, people.try_sign_in(server, ada).status), (401, 201), "and that is the password")
    for _ in range(7):
        server.request("POST", "/v1/password-resets", {"tenant": "acme", "email": ada.email})
    made = hansa.wait_for(lambda: db.sql("select count(*) from identity.user_link where kind = 'PASSWORD_RESET';") == "5", 5)
    tap.ok(made, "nobody is sent more than five within a quarter of an hour")
    tap.equal(len(people.links(server, "acme", "PASSWORD_RESET")), 1, "and only the last is good")
    return [token]


def address(tap, server, db, ada):
    session = people.sign_in(server, ada)
    people.make(server, "acme", "taken@example.com")
    for wanted, status in (("taken@example.com", 409), ("countess@example.com", 200)):
        sent = session.ask("POST", "/v1/session/email", {"password": ada.password, "email": wanted})
        tap.equal(sent.status, 202, "another address is asked for, %s" % wanted)
        link = people.links(server, "acme", "EMAIL_CHANGE")
        tap.equal([one["email"] for one in link], [wanted], "the link goes to the new address")
        tap.ok(session.is_live() and people.try_sign_in(server, ada).status == 201, "until it is used nothing changes")
        done = server.request("POST", "/v1/email-changes/complete", {"token": link[0]["token"]})
        tap.equal(done.status, status, "using it: %d" % status, done)
    tap.equal(people.try_sign_in(server, ada).status, 401, "the old address signs in no more")
    ada.email = "countess@example.com"
    tap.equal(people.try_sign_in(server, ada).status, 201, "the new one does")
    wrong = people.sign_in(server, ada).ask("POST", "/v1/session/email", {"password": "not mine at all", "email": "x@example.com"})
    tap.equal((wrong.status, wrong.json["errors"][0]["pointer"]), (403, "/password"), "it takes the password")
    return [link[0]["token"]]


def owners(tap, server, key, ada):
    answer = server.request("POST", "/v1/users/%s/disable" % ada.user_id, key=key)
    tap.equal((answer.status, answer.json["type"]), (409, "/problems/identity/last_owner"), "the last owner is not shut out (Z5)")
    second = people.make(server, "acme", "second@example.com", "owner")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(lambda who: server.request("POST", "/v1/users/%s/disable" % who, key=key).status, (ada.user_id, second.user_id)))
    tap.equal(statuses, [200, 409], "of two owners shut out at once one stays (Z5)")


def walls(tap, server, key, theirs, ada):
    for method, path, body in (("GET", "/v1/users/%s", None), ("POST", "/v1/users/%s/disable", None), ("POST", "/v1/users/%s/enable", None),
                               ("POST", "/v1/users/%s/invitations", None)):
        answer = server.request(method, path % ada.user_id, body, theirs)
        tap.equal((answer.status, answer.json["type"]), (404, "/problems/identity/user_not_found"), "%s %s of another tenant is 404" % (method, path))
    made = server.request("POST", "/v1/users", {"email": "countess@example.com", "name": "Same address elsewhere"}, theirs)
    tap.equal(made.status, 201, "an address may be in two tenants, and neither learns of it (T8)")


def audit(tap, db):
    noted = db.sql("select string_agg(distinct object_kind || ' ' || coalesce(endpoint, 'command'), ',' order by object_kind || ' ' || coalesce(endpoint, 'command')) from audit.entry where outcome = 'CHANGED';")
    for one in ("session identity/session_create", "user identity/user_create", "user identity/invitation_accept", "user identity/password_reset_complete",
                "user identity/email_change_complete", "user identity/user_disable", "user command"):
        tap.ok(one in noted.split(","), "on record: %s (L1)" % one, noted)
    text = db.sql("select string_agg(coalesce(changes::text, ''), ' ') from audit.entry;")
    tap.ok("example.com" not in text and "argon2" not in text, "without addresses or hashes in clear")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        with hansa.Server(db) as server:
            _, key = server.tenant("acme")
            _, theirs = server.tenant("bolt")
            ada = people.make(server, "acme", "ada@example.com", "owner")
            tokens = invitation(tap, server, db, key)
            lists(tap, server, key)
            tokens += reset(tap, server, db, ada)
            tokens += address(tap, server, db, ada)
            walls(tap, server, key, theirs, ada)
            owners(tap, server, key, ada)
            audit(tap, db)
            done = people.admin(server, "user", "create", "--tenant", "acme", "--email", "cli@example.com", "--name", "By Command", "--role", "manager")
            shown = people.links(server, "acme", "INVITATION", "cli@example.com")
            tap.ok(done.returncode == 0 and len(shown) == 1 and shown[0]["token"] not in done.stdout + done.stderr, "without a password hansa admin invites", done.stderr)
            elsewhere = hansa.place("secret") + "/secret"
            with open(elsewhere, "wb") as file:
                file.write(b"x" * 32)
            env = hansa.plain_environment(HANSA_OWNER_DATABASE_URL=db.owner_url, HANSA_SECRET_FILE=elsewhere)
            lost = subprocess.run([hansa.binary(), "admin", "link", "list", "--tenant", "acme"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
            tap.ok(lost.returncode == 1 and "#" not in lost.stdout, "with another secret_file no link opens (K2)", lost.stdout)
            server.stop()
            log = server.log_text()
            tap.equal([text for text in tokens if text in log or text[23:] in log], [], "no token is in the log (K1)")
    tap.done()


if __name__ == "__main__":
    main()
