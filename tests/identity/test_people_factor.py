#!/usr/bin/env python3
"""The second factor: TOTP and recovery codes (promises A11, K1, K2)."""
import base64

import hansa
import people


def begin(tap, server, db, ada):
    session, other = people.sign_in(server, ada), people.sign_in(server, ada)
    wrong = session.ask("POST", "/v1/session/totp", {"password": "not mine at all"})
    tap.equal((wrong.status, wrong.json["type"]), (403, "/problems/identity/password_wrong"), "a second factor is begun with the password")
    early = session.ask("POST", "/v1/session/totp/confirm", {"code": "000000"})
    tap.equal((early.status, early.json["type"]), (409, "/problems/identity/second_factor_not_begun"), "and confirmed after it was begun")
    begun = session.ask("POST", "/v1/session/totp", {"password": ada.password})
    secret = begun.json["secret"]
    tap.ok(begun.status == 200 and len(secret) == 32 and begun.headers["cache-control"] == "no-store", "the secret has 160 bits", begun)
    tap.ok(begun.json["otpauth_uri"].startswith("otpauth://totp/") and "secret=" + secret in begun.json["otpauth_uri"] and "ada%40example.com" in begun.json["otpauth_uri"],
           "and comes as an address for authenticators", begun.json["otpauth_uri"])
    tap.equal(people.try_sign_in(server, ada).status, 201, "until it is confirmed, sign-ins need no code")
    wrong = session.ask("POST", "/v1/session/totp/confirm", {"code": people.totp(secret, people.step_now() - 5)})
    tap.equal((wrong.status, wrong.json["type"]), (422, "/problems/identity/code_refused"), "an old code confirms nothing")
    step = people.settle_step()
    done = session.ask("POST", "/v1/session/totp/confirm", {"code": people.totp(secret, step)})
    codes = done.json["recovery_codes"]
    tap.ok(done.status == 200 and len(set(codes)) == 10 and done.headers["cache-control"] == "no-store", "a code confirms it; ten recovery codes are told once", done)
    tap.ok(other.ends() and session.is_live(), "sessions without it end")
    again = session.ask("POST", "/v1/session/totp", {"password": ada.password})
    tap.equal((again.status, again.json["type"]), (409, "/problems/identity/second_factor_set"), "there is one second factor")
    row = db.sql("select encode(totp_secret, 'hex') from identity.app_user where email = '%s';" % ada.email)
    tap.ok(base64.b32decode(secret).hex() not in row and len(row) == 2 * (20 + 33), "at rest it is sealed (K2)", row)
    kept = db.sql("select string_agg(encode(code_hash, 'hex'), ' ') from identity.recovery_code;")
    tap.ok(len(kept.split()) == 10 and not any(code in kept for code in codes), "recovery codes are kept as hashes (A11)")
    return secret, codes, step


def sign_in(tap, server, db, ada, secret, used_step):
    def clear():
        db.sql("update identity.login_failure set failure_count = 0, blocked_until = null;"
               "update identity.login_source set failure_count = 0, blocked_until = null;")

    def code_of(**more):
        answer = people.try_sign_in(server, ada, **more)
        return answer.status, answer.json.get("type", "")[len("/problems/identity/"):]
    tap.equal(code_of(), (401, "second_factor_needed"), "now a sign-in needs a code")
    tap.equal(code_of(totp=people.totp(secret, used_step)), (401, "second_factor_refused"), "the code that confirmed it is used up (A11)")
    wrong = people.Person(ada.tenant, ada.email, "not the password")
    tap.equal(people.try_sign_in(server, wrong, totp=people.totp(secret, people.step_now() + 1)).json["type"], "/problems/identity/login_refused",
              "a right code beside a wrong password is told nothing of")
    clear()
    db.sql("update identity.app_user set totp_last_step = 0;")
    step = people.settle_step(8)
    for distance, expected in ((-2, 401), (2, 401), (-1, 201), (0, 201), (1, 201)):
        status = people.try_sign_in(server, ada, totp=people.totp(secret, step + distance)).status
        tap.equal(status, expected, "the code of step %+d: %d (A11)" % (distance, expected))
    for distance in (-1, 0, 1):
        tap.equal(code_of(totp=people.totp(secret, step + distance)), (401, "second_factor_refused"), "the code of step %+d a second time is refused (A11)" % distance)
    clear()
    db.sql("update identity.session set address = '192.0.2.99';")
    statuses = [people.try_sign_in(server, ada, totp="%06d" % n).status for n in range(11)]
    tap.equal(statuses, [401] * 10 + [429], "guessing codes is throttled like guessing passwords (A11)")
    clear()
    db.sql("update identity.app_user set totp_last_step = 0;")
    session = people.sign_in(server, ada, totp=people.totp(secret, people.settle_step()))
    tap.equal(session.body["second_factor"], "TOTP", "the session tells its second factor")
    return session


def recovery(tap, server, db, ada, codes):
    def status(code):
        return people.try_sign_in(server, ada, recovery_code=code).status
    tap.equal((status(codes[0]), status(codes[0])), (201, 401), "a recovery code signs in once (A11)")
    tap.equal(status(codes[1].lower().replace("-", " ")), 201, "small letters and blanks do not matter")
    tap.equal(status("AAAA-BBBB-CCCC-DDDD"), 401, "a code of nobody does not sign in")
    tap.equal(db.sql("select count(*) from identity.recovery_code where ended_at is not null;"), "2", "used ones are noted")


def end(tap, server, db, ada, session, secret):
    plain = people.sign_in(server, people.make(server, "acme", "plain@example.com"))
    tap.equal(plain.ask("DELETE", "/v1/session/totp").status, 404, "who has none has none to take away")
    db.sql("update identity.app_user set totp_confirmed_at = now() - interval '1 hour' where email = '%s';"
           "update identity.session set second_factor = null where session_id = '%s';" % (ada.email, session.session_id))
    refused = session.ask("DELETE", "/v1/session/totp")
    tap.equal((refused.status, refused.json["type"]), (403, "/problems/identity/second_factor_session"), "it is taken away only in a session that was opened with it")
    db.sql("update identity.session set second_factor = 'TOTP' where session_id = '%s';" % session.session_id)
    tap.equal(session.ask("DELETE", "/v1/session/totp").status, 204, "then it is")
    tap.equal(people.try_sign_in(server, ada).status, 201, "and sign-ins need no code any more")
    left = db.sql("select count(*) from identity.recovery_code where ended_at is null;")
    tap.equal(left, "0", "and no recovery code is left")


def moved(tap, server, db, ada):
    """A sealed secret opens for its own person alone."""
    people.make(server, "acme", "mallory@example.com")
    session = people.sign_in(server, ada)
    secret = session.ask("POST", "/v1/session/totp", {"password": ada.password}).json["secret"]
    db.sql("update identity.app_user m set totp_secret = a.totp_secret, totp_confirmed_at = now() from identity.app_user a "
           "where m.email = 'mallory@example.com' and a.email = '%s';" % ada.email)
    mallory = people.Person("acme", "mallory@example.com", people.PASSWORD)
    status = people.try_sign_in(server, mallory, totp=people.totp(secret, people.settle_step())).status
    tap.equal(status, 401, "a sealed secret moved to another's row does not open (K2)")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        with hansa.Server(db) as server:
            server.tenant("acme")
            ada = people.make(server, "acme", "ada@example.com", "owner")
            secret, codes, step = begin(tap, server, db, ada)
            session = sign_in(tap, server, db, ada, secret, step)
            recovery(tap, server, db, ada, codes)
            end(tap, server, db, ada, session, secret)
            moved(tap, server, db, ada)
            server.stop()
            log = server.log_text()
            tap.ok(not any(text in log for text in [secret] + codes), "no secret and no code is in the log (K1)")
    tap.done()


if __name__ == "__main__":
    main()
