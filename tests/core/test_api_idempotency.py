#!/usr/bin/env python3
"""Idempotency-Key over HTTP: promise D2, standards.md 5.4."""
import concurrent.futures
import json
import threading

import client
import hansa
import world

PARALLEL = 200


def post(run, key, body, under, path="/v1/shipments"):
    return run.ask("POST", path, body, key, {"idempotency-key": under})


def kept(answer):
    """What a replay must tell again."""
    return answer.status, answer.body, answer.headers.get("location"), answer.headers.get("etag")


def replays(tap, run, a, b):
    body = {"tracking_number": world.unique("TN"), "service": "NEXT DAY"}
    first = post(run, a.key, body, "one")
    again = post(run, a.key, body, '"one"')
    tap.ok(first.status == 201 and "idempotency-replayed" not in first.headers, "the first is made", first)
    tap.equal(kept(again), kept(first), "the second, its key in quotes, is answered byte for byte the same")
    tap.equal(again.headers.get("idempotency-replayed"), "true", "and says so")
    tap.ok(again.headers["request-id"] != first.headers["request-id"], "under a request id of its own")
    other = post(run, a.key, {**body, "service": "SLOW"}, "one")
    tap.equal((other.status, client.problem_code(other)), (422, "core/idempotency_mismatch"), "another body under the key is 422")
    theirs = post(run, b.key, body, "one")
    tap.ok(theirs.status == 201 and theirs.json["shipment_id"] != first.json["shipment_id"], "another tenant's same key is its own", theirs)
    colleague = post(run, a.key_with("orders:write"), {**body, "tracking_number": world.unique("TN")}, "one")
    tap.equal(colleague.status, 201, "so is another key's of the same tenant")
    elsewhere = post(run, a.key, {"customer_code": "X"}, "one", "/v1/shipments/%s/links" % a.values["shipment_id"])
    tap.equal(elsewhere.status, 422, "and another address's (its body is checked before any key)")


def refusals_replay(tap, run, a):
    number = a.values["tracking_number"]
    answers = [post(run, a.key, {"tracking_number": number}, "taken") for _ in range(2)]
    tap.equal([(x.status, client.problem_code(x), x.headers.get("idempotency-replayed")) for x in answers],
              [(409, "orders/tracking_number_taken", None), (409, "orders/tracking_number_taken", "true")], "a refusal is replayed too")
    body = {"planned_pickup": {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}}
    answers = [post(run, a.key, body, "reversed") for _ in range(2)]
    tap.equal([(x.status, client.pointers(x), x.json["detail"]) for x in answers],
              [(422, ["/planned_pickup/to"], "The window ends before it begins.")] * 2, "with its field and its words")
    wrong = [post(run, a.key, {"nonsense": 1}, "formless") for _ in range(2)]
    right = post(run, a.key, {}, "formless")
    tap.equal([x.status for x in wrong + [right]], [422, 422, 201], "what never reached the database keeps no key")


def forms(tap, run, a):
    good = ["k" * 255, '"%s"' % ("k" * 254), '"a\\"b\\\\c"', "!~", "8e03978e-40d5-43dd-bc93-6894a57f9324"]
    bad = ["", '""', '"', "k" * 256, "a b", '"a b"', '"a"b"', '"a', '"a\\x"', "gr\u00fcn".encode().decode("latin-1"), "a\tb", '"a";p=1;']
    taken = [post(run, a.key, {}, key).status for key in good]
    tap.equal(taken, [201] * len(good), "keys of 1 to 255 visible characters are taken, quoted or bare")
    for key in bad[:-1]:
        answer = post(run, a.key, {}, key)
        tap.ok(answer.status == 400 and client.pointers(answer) == ["Idempotency-Key"], "refused: %.20r" % key, answer)
    missing = run.ask("POST", "/v1/shipments", {}, a.key, {"idempotency-key": None})
    tap.equal((missing.status, client.problem_code(missing)), (400, "core/idempotency_key_missing"), "without one no shipment is made")
    event = a.event("OTH", "2026-03-10T10:00:00Z")
    answers = [post(run, a.key, {"events": [event]}, "events", "/v1/tracking/events") for _ in range(2)]
    tap.equal([(x.status, x.json["accepted"], x.json["duplicates"]) for x in answers], [(200, 1, 0), (200, 0, 1)],
              "events carry their own keys: the field is taken and changes nothing")
    tap.equal(post(run, a.key, {"events": [event]}, "a b", "/v1/tracking/events").status, 400, "but its form is looked at")


def secrets_are_not_kept(tap, run, a):
    path = "/v1/shipments/%s/links" % a.values["shipment_id"]
    first, again = (post(run, a.key, {}, "link", path) for _ in range(2))
    token = run.secret(first.json["token"], "a link's token")
    tap.equal((first.status, again.status, client.problem_code(again)), (201, 409, "core/idempotency_secret"), "what told a secret is not told again")
    held = run.database.sql("select count(*) from core.idempotency i where i::text like '%%%s%%' or i::text like '%%%s%%'" % (token, token[:20]))
    tap.equal(held, "0", "and the secret is kept nowhere")
    tap.equal(run.ask("GET", path, key=a.key).json["data"][1:2] and True, True, "the link was made once", "")
    tap.ok(all("secret" not in line for line in run.database.sql("select columns from core.idempotency where is_secret").split("\n")),
           "no column of the row either")


def at_once(tap, run, a, b):
    """D2: 200 parallel posts under one key make one row."""
    body, other = {"tracking_number": world.unique("RACE")}, {"tracking_number": world.unique("RACE")}
    gate = threading.Barrier(16)

    def send(index):
        if index < 16:
            gate.wait()
        mine = (a.key, body) if index % 4 else (b.key, other)
        return index % 4 == 0, post(run, *mine, "race")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(PARALLEL)))
    for is_theirs, own, number in ((False, a, body), (True, b, other)):
        got = [x for theirs, x in answers if theirs == is_theirs]
        made = {x.json["shipment_id"] for x in got if x.status == 201}
        busy = [x for x in got if x.status == 409]
        tap.ok(len(made) == 1 and all(x.status in (201, 409) for x in got), "%d posts at once under one key: one shipment" % len(got),
               sorted({repr(x)[:160] for x in got})[:4])
        tap.ok(all(client.problem_code(x) == "core/idempotency_running" and x.headers.get("retry-after") for x in busy),
               "%d of them were told that the first is at work, and when to come again" % len(busy))
        rows = run.database.sql("select count(*) from orders.shipment where tracking_number = '%s'" % number["tracking_number"])
        audited = run.database.sql("select count(*) from audit.entry where tenant_id = '%s' and object_id = '%s'" % (own.tenant, made.copy().pop()))
        tap.equal((rows, audited), ("1", "1"), "one row and one entry in the trail")
        tap.equal(sum(x.headers.get("idempotency-replayed") is None for x in got if x.status == 201), 1, "exactly one was the first")


def running(tap, run, a):
    """While the first is at work (its lock is held here), the second is told so and waits for nothing."""
    key = "held"
    hold = ("select pg_advisory_lock(hashtextextended(concat_ws(' ', '%s', api_key_id, 'POST /v1/shipments', '%s'), 0)), pg_sleep(2) "
            "from identity.api_key where tenant_id = '%s' and key_ref = '%s'" % (a.tenant, key, a.tenant, a.key[34:42]))
    holder = threading.Thread(target=run.database.sql, args=(hold,))
    holder.start()
    seen, _ = client.eventually(lambda: run.database.sql("select count(*) from pg_locks where locktype = 'advisory' and database = "
                                                         "(select oid from pg_database where datname = current_database())") != "0", 5)
    answer, took = client.eventually(lambda: post(run, a.key, {}, key), 1)
    holder.join()
    tap.ok(seen and answer.status == 409 and answer.headers.get("retry-after") == "1", "a running one is 409 with Retry-After", answer)
    tap.equal(post(run, a.key, {}, key).status, 201, "and afterwards it may be sent again")


def expiry(tap, run, a):
    body = {"tracking_number": world.unique("DAY")}
    post(run, a.key, body, "day")
    run.database.sql("update core.idempotency set expires_at = now() - interval '1 second' where key = 'day'")
    answer = post(run, a.key, body, "day")
    tap.equal((answer.status, client.problem_code(answer)), (409, "orders/tracking_number_taken"), "after a day the key is new: the statement runs again")
    days = run.database.sql("select bool_and(expires_at - created_at between '23 h 59 m' and '24 h') from core.idempotency where not is_secret")
    tap.equal(days, "t", "every answer is kept for 24 hours")
    run.database.sql("update core.idempotency set expires_at = now() - interval '1 second' where key = 'one'")
    left = hansa.psql(run.database.app_url, "begin; set local hansa.tenant_id = '%s'; select core.idempotency_sweep('%s'); commit;" % (a.tenant, a.tenant))
    rows = run.database.sql("select tenant_id = '%s', count(*) from core.idempotency where key = 'one' group by 1 order by 1" % a.tenant)
    tap.ok(left.strip() == "2" and rows == "f|1", "the sweep forgets what is over, of its own tenant alone", (left, rows))


def unwritten(tap, run, a):
    """A unit that fails leaves no key: the next one may succeed."""
    run.database.sql("alter table orders.shipment add constraint broken check (service <> 'BREAK') not valid")
    first = post(run, a.key, {"service": "BREAK"}, "broken")
    run.database.sql("alter table orders.shipment drop constraint broken; revoke insert on orders.shipment from hansa_app")
    run.may.add("core/internal")
    internal = post(run, a.key, {}, "internal")
    run.database.sql("grant insert on orders.shipment to hansa_app")
    again = post(run, a.key, {}, "internal")
    tap.equal((first.status, internal.status, again.status), (422, 500, 201), "a fault of ours (500) is not kept")


def main():
    tap = hansa.Tap()
    run = client.Run("once")
    with run:
        a, b = run.world("tenant-a"), run.world("tenant-b")
        replays(tap, run, a, b)
        refusals_replay(tap, run, a)
        forms(tap, run, a)
        secrets_are_not_kept(tap, run, a)
        at_once(tap, run, a, b)
        running(tap, run, a)
        expiry(tap, run, a)
        unwritten(tap, run, a)
        tap.ok(json.loads(run.ask("GET", "/readyz").body), "the server is well")
    tap.done()


main()
