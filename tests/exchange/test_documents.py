#!/usr/bin/env python3
"""Status both ways between the owner of a shipment and the carriers of its legs: at once, as far as the charter lets it, each event once,
in order, without echo; stopped by leaving; refused documents are kept and told of; a killed server loses and doubles nothing."""
import os
import statistics
import sys
import time

import allied
import client
import hansa
import world

sys.path.insert(0, os.path.join(hansa.ROOT, "tests", "files"))
import filebytes  # noqa: E402

SOON = 2.0


def events_of(run, tenant, shipment_id, source="partner:%"):
    """[(code, event_time, city, eta, leg_id, superseded)] as the tables hold them, in order of acceptance."""
    rows = run.database.sql("select concat_ws('|', code, core.rfc3339(event_time), coalesce(city, '-'), coalesce(core.rfc3339(eta), '-'), coalesce(leg_id::text, '-'), "
                            "superseded_by is not null) from tracking.event where tenant_id = '%s' and shipment_id = '%s' and source like '%s' order by event_id;"
                            % (tenant, shipment_id, source)).splitlines()
    return [tuple(row.split("|")) for row in rows]


def tell(world_, shipment_id, code, when, **more):
    """Records one event; gives its own id at the source."""
    name = world.unique("ev")
    answer = world_.events([{"shipment_id": shipment_id, "source": "tms", "source_event_id": name, "code": code, "event_time": when, **more}])
    assert answer["accepted"] == 1, answer
    return name


def status_of(world_, shipment_id):
    return world_.get("/v1/shipments/" + shipment_id).json["status"]


def both_ways(tap, run, fleet, a, b):
    tender, offer = fleet.awarded(b)
    theirs, mine, leg = offer["shipment_id"], tender["shipment_id"], tender["leg_id"]
    took = []
    for number in range(12):
        begun = time.monotonic()
        tell(b, theirs, "PUP" if number == 0 else "ENR", "2026-03-10T1%d:00:00+01:00" % (number % 10), place={"city": "Breda", "country": "NL"})
        hansa.wait_for(lambda: len(events_of(run, a.tenant, mine)) == number + 1, 5, 0.03)
        took.append(time.monotonic() - begun)
    seen = events_of(run, a.tenant, mine)
    tap.ok(len(seen) == 12 and seen[0] == ("PUP", "2026-03-10T09:00:00Z", "Breda", "-", leg, "f"), "an event of the carrier stands on the owner's shipment, on its leg", seen[:2])
    tap.ok(max(took) < SOON, "within two seconds", took)
    hansa.note("latency from a carrier's event to the owner's shipment, sanitized build: median %.0f ms, most %.0f ms" % (statistics.median(took) * 1000, max(took) * 1000))
    tap.equal(status_of(a, mine), status_of(b, theirs), "and its status follows")
    body = a.get("/v1/shipments/%s?expand=events" % mine).json["events"][0]
    tap.equal(body["source"], "partner:" + fleet.org(b), "the source names the partner", body)
    tell(a, mine, "DLY", "2026-03-10T15:00:00Z", eta="2026-03-11T10:00:00Z", reason="AO", place={"city": "Antwerpen", "country": "BE", "name": "Secret site"})
    back = hansa.wait_for(lambda: events_of(run, b.tenant, theirs), 5)
    tap.equal(back, [("DLY", "2026-03-10T15:00:00Z", "Antwerpen", "2026-03-11T10:00:00Z", "-", "f")], "the owner's event reaches the carrier")
    tap.equal(run.database.sql("select count(*) from tracking.event where tenant_id = '%s' and (reason is not null or place_name is not null);" % b.tenant), "0",
              "without what the charter keeps back")
    allied.settled(run)
    counts = [len(events_of(run, t, s, "%")) for t, s in ((a.tenant, mine), (b.tenant, theirs))]
    time.sleep(1)
    allied.settled(run)
    tap.ok(counts == [13, 13] and [len(events_of(run, t, s, "%")) for t, s in ((a.tenant, mine), (b.tenant, theirs))] == counts, "nothing echoes", counts)
    wrong = tell(b, theirs, "DLV", "2026-03-10T19:00:00Z")
    hansa.wait_for(lambda: status_of(a, mine) == "DELIVERED", 5, 0.25)
    tap.equal(status_of(a, mine), "DELIVERED", "delivered is delivered")
    tell(b, theirs, "ATT", "2026-03-10T19:00:00Z", supersedes={"source": "tms", "source_event_id": wrong})
    tap.ok(hansa.wait_for(lambda: status_of(a, mine) == "ATTEMPTED", 5, 0.25), "a correction corrects on the other side too", status_of(a, mine))
    seen = events_of(run, a.tenant, mine)[-2:]
    tap.equal([(e[0], e[5]) for e in seen], [("DLV", "t"), ("ATT", "f")], "and what was wrong stays, marked")
    tell(a, mine, "DLV", "2026-03-10T20:00:00Z", supersedes={"source": "partner:" + fleet.org(b), "source_event_id": run.database.sql(
        "select event_id from tracking.event where tenant_id = '%s' and shipment_id = '%s' and code = 'ATT';" % (b.tenant, theirs))})
    allied.settled(run)
    tap.equal(len(events_of(run, b.tenant, theirs)), 1, "the owner's reading of the carrier's event stays in the owner's books")
    return tender, offer


def documents(tap, run, fleet, a, b, tender):
    for who, direction, name in ((a, "IN", "owner"), (b, "OUT", "carrier")):
        answer = run.ask("GET", "/v1/exchange/documents?kind=STATUS&direction=%s&subject_id=%s&limit=200" % (direction, tender["tender_id"]), key=who.key)
        found = answer.json["data"]
        tap.ok(len(found) == 14 and {d["state"] for d in found} == {"APPLIED" if direction == "IN" else "SENT"}, "the %s's books list the documents" % name, len(found))
        one = run.ask("GET", "/v1/exchange/documents/" + found[0]["document_id"], key=who.key).json
        tap.ok(one["counterpart"]["org_id"] == fleet.org(b if who is a else a) and one["body"]["events"], "and show what each told", one)
    known = run.database.sql("select document_id from exchange.document where tenant_id = '%s' and kind = 'STATUS' and direction = 'OUT' limit 1;" % a.tenant)
    run.database.sql("update exchange.document set state = 'QUEUED', sent_at = null where tenant_id = '%(t)s' and document_id = '%(d)s';"
                     "insert into core.job (job_id, of_tenant, kind, payload, run_at) values (core.uuidv7(), '%(t)s', 'exchange.deliver', '{\"document_id\": \"%(d)s\"}', now());"
                     % {"t": a.tenant, "d": known})
    before = run.database.sql("select count(*) from tracking.event where tenant_id = '%s';" % b.tenant)
    tap.ok(allied.settled(run) and run.database.sql("select count(*) from tracking.event where tenant_id = '%s';" % b.tenant) == before, "a document that comes twice is applied once")


def neighbours(tap, run, fleet, a, b, c):
    """Three legs: b carries the first, c the third; nobody the second."""
    mine = allied.shipment(a)
    legs = fleet.leg(mine, 3)
    (_, first), (_, third) = fleet.awarded(b, legs[0]), fleet.awarded(c, legs[2])
    tell(b, first["shipment_id"], "ARH", "2026-03-10T10:00:00Z")
    allied.settled(run)
    tap.equal(events_of(run, c.tenant, third["shipment_id"]), [], "who carries the third leg hears nothing of the first")
    tell(a, mine, "DEP", "2026-03-10T11:00:00Z", leg_id=legs[1])
    tell(a, mine, "ENR", "2026-03-10T12:00:00Z")
    tell(a, mine, "HOV", "2026-03-10T13:00:00Z", leg_id=legs[2])
    allied.settled(run)
    tap.equal([e[0] for e in events_of(run, b.tenant, first["shipment_id"])], ["DEP"], "neighbours hear of the leg between them: the first")
    tap.equal([e[0] for e in events_of(run, c.tenant, third["shipment_id"])], ["DEP", "HOV"], "and the third; of the whole shipment nobody")


def chain(tap, run, fleet, a, b, c):
    """b gives its leg on to c: c's event reaches a through b, and goes no further round."""
    tender, offer = fleet.awarded(b)
    own = allied.Fleet(run, b, {c: "DELIVERY"})
    leg = own.leg(offer["shipment_id"])[0]
    _, last = own.awarded(c, leg)
    tell(c, last["shipment_id"], "PUP", "2026-03-10T10:00:00Z")
    tap.ok(hansa.wait_for(lambda: events_of(run, a.tenant, tender["shipment_id"]), 5), "an event goes through the house between")
    allied.settled(run)
    time.sleep(0.5)
    counts = [len(events_of(run, w.tenant, s, "%")) for w, s in ((a, tender["shipment_id"]), (b, offer["shipment_id"]), (c, last["shipment_id"]))]
    tap.equal(counts, [1, 1, 1], "and stands in each of the three books once")


def units(tap, run, fleet, a, b):
    """An event about a piece does not deliver the whole, also where the piece is not known."""
    one, two = world.sscc(), world.sscc()
    mine = allied.shipment(a, handling_units=[{"sscc": one}, {"sscc": two}])
    _, offer = fleet.awarded(b, fleet.leg(mine)[0])
    own = b.get("/v1/shipments/" + offer["shipment_id"]).json
    tap.equal(sorted(u["sscc"] for u in own["handling_units"]), sorted([one, two]), "the winner's shipment has the units that the award tells")
    b.events([{"shipment_id": offer["shipment_id"], "sscc": one, "source": "tms", "source_event_id": world.unique("ev"), "code": "DLV", "event_time": "2026-03-10T10:00:00Z"}])
    hansa.wait_for(lambda: events_of(run, a.tenant, mine), 5)
    tap.ok(status_of(a, mine) != "DELIVERED" and a.get("/v1/shipments/" + mine).json["part"], "one piece of two is a part", a.get("/v1/shipments/" + mine).json["part"])
    a.events([{"shipment_id": mine, "sscc": two, "source": "tms", "source_event_id": world.unique("ev"), "code": "DLV", "event_time": "2026-03-10T11:00:00Z"}])
    hansa.wait_for(lambda: events_of(run, b.tenant, offer["shipment_id"]), 5)
    tap.ok(status_of(b, offer["shipment_id"]) != "DELIVERED", "whose number is kept back does not deliver the whole", status_of(b, offer["shipment_id"]))


def proof_files(tap, run, fleet, a, b):
    """Photos and signature go with the proof when the charter grants them, as rows of the owner's own; and only then."""
    some = [rule if rule["document"] != "POD" else {**rule, "fields": rule["fields"] + ["/photos"]} for rule in allied.RULES]
    rows = "select count(*) from files.file where tenant_id = '%s';" % a.tenant
    for rules, photos, signed in ((allied.RULES, 0, False), (some, 2, False), ([{**rule, "fields": [""]} if rule["document"] == "POD" else rule for rule in allied.RULES], 2, True)):
        fleet.charter(rules)
        tender, offer = fleet.awarded(b)
        bytes_ = [filebytes.png() for _ in range(3)]
        ids = [run.ask("POST", "/v1/files?name=Jansen.png&shipment_id=" + offer["shipment_id"], one, b.key, {"content-type": "image/png"}).json["file_id"] for one in bytes_]
        before = int(run.database.sql(rows))
        given = run.ask("POST", "/v1/shipments/%s/proof-of-delivery" % offer["shipment_id"], {"condition": "GOOD", "pieces_ok": 3, "signature_file_id": ids[0], "photo_file_ids": ids[1:]},
                        b.key, {"idempotency-key": world.unique("proof")}).json
        base = "/v1/shipments/%s/proof-of-delivery" % tender["shipment_id"]
        hansa.wait_for(lambda base=base: a.get(base).json["data"], 10)
        kept = a.get(base).json["data"][0]
        tap.equal([len(kept["photo_file_ids"]), kept["signature_file_id"] is not None, int(run.database.sql(rows)) - before], [photos, signed, photos + signed],
                  "the charter grants %d photos and %s signature: so many are there" % (photos, "the" if signed else "no"))
        mine = ([kept["signature_file_id"]] if signed else []) + kept["photo_file_ids"]
        theirs = (bytes_[:1] if signed else []) + bytes_[1:][:photos]
        got = [run.ask("GET", "/v1/files/%s/content" % one, key=a.key) for one in mine]
        tap.equal([g.body for g in got], theirs, "and their bytes, in their order")
        tap.ok(all("Jansen" not in run.ask("GET", "/v1/files/" + one, key=a.key).body.decode() for one in mine), "without the giver's names for them")
        tap.equal([run.ask("GET", "/v1/files/%s/content" % one, key=b.key).status for one in mine] + [run.ask("GET", "/v1/files/%s/content" % ids[0], key=a.key).status],
                  [404] * len(mine) + [404], "each row is its own tenant's")
    run.database.sql("delete from tracking.proof_photo where proof_id = '%(p)s' and tenant_id = '%(t)s'; delete from files.file where tenant_id = '%(t)s' and file_id in ('%(a)s', '%(b)s');"
                     % {"p": given["proof_id"], "t": b.tenant, "a": ids[1], "b": ids[2]})
    digests = run.database.sql("select json_agg(encode(sha256, 'hex')) from files.file where tenant_id = '%s' and file_id in ('%s');" % (a.tenant, "', '".join(mine)))
    named = "begin; set local hansa.tenant_id = '%(t)s'; %(s)s; rollback;"
    with open(os.path.join(hansa.ROOT, "server", "files", "orphan_list.sql"), encoding="utf-8") as file:
        statement = "".join(line for line in file if not line.startswith("--")).replace(":digests", "'%s'::jsonb" % digests).replace(":tenant", "'%s'::uuid" % b.tenant)
    tap.equal(run.database.sql(named % {"t": b.tenant, "s": statement}), "[]", "what was given stays in the store when the giver's own rows go")
    fleet.charter(allied.RULES)


def proof(tap, run, fleet, a, b):
    tender, offer = fleet.awarded(b)
    given = run.ask("POST", "/v1/shipments/%s/proof-of-delivery" % offer["shipment_id"], {"signer": "Canary Signer", "condition": "SHORT", "pieces_ok": 3, "pieces_short": 1},
                    b.key, {"idempotency-key": world.unique("proof")}).json
    rows = "select proof_id || ' ' || condition || ' ' || pieces_ok || ' ' || pieces_short || ' ' || coalesce(signer_name, '-') from tracking.proof_of_delivery where tenant_id = '%s';" % a.tenant
    hansa.wait_for(lambda: run.database.sql(rows), 10)
    tap.equal(run.database.sql(rows), given["proof_id"] + " SHORT 3 1 -", "a proof of delivery comes too, without the name that the charter keeps back")
    allied.settled(run)
    tap.equal([e[0] for e in events_of(run, a.tenant, tender["shipment_id"])], ["POD"], "and its event once")


def leaving(tap, run, fleet, a, b):
    tender, offer = fleet.awarded(b)
    theirs, mine = offer["shipment_id"], tender["shipment_id"]
    tell(b, theirs, "PUP", "2026-03-10T10:00:00Z")
    hansa.wait_for(lambda: events_of(run, a.tenant, mine), 5)
    fleet.charter([rule for rule in allied.RULES if (rule["document"], rule["role"]) != ("STATUS", "REQUESTING")])
    tell(b, theirs, "ENR", "2026-03-10T11:00:00Z")
    allied.settled(run)
    time.sleep(0.5)
    tap.equal([e[0] for e in events_of(run, a.tenant, mine)], ["PUP"], "a rule that is taken back stops deliveries; what came stays")
    fleet.charter(allied.RULES)
    tell(b, theirs, "ARH", "2026-03-10T12:00:00Z")
    tap.ok(hansa.wait_for(lambda: [e[0] for e in events_of(run, a.tenant, mine)] == ["PUP", "ARH"], 5), "a new rule lets them go again, from then on")
    fleet.leave(b)
    for who, shipment_id in ((b, theirs), (a, mine)):
        tell(who, shipment_id, "ENR", "2026-03-10T13:00:00Z")
    allied.settled(run)
    time.sleep(0.5)
    tap.equal([len(events_of(run, t, s)) for t, s in ((a.tenant, mine), (b.tenant, theirs))], [2, 0], "leaving stops both ways")
    fleet.back(b)


def withheld(tap, run, fleet, a, b, tender, offer):
    """Between the outbox and the door: what may no longer go does not, and what stands behind it does."""
    run.server.stop()
    run.database.sql("begin; set local hansa.tenant_id = '%(t)s'; select tracking.api_events_record('%(t)s', null, '[{\"shipment_id\": \"%(s)s\", \"source\": \"tms\", "
                     "\"source_event_id\": \"w1\", \"code\": \"PUP\", \"reason\": \"AO\", \"event_time\": \"2026-03-10T10:00:00Z\"}]');"
                     "select exchange.told_share('%(t)s', event_id, '%(s)s') from core.event where tenant_id = '%(t)s' and object_id = '%(s)s';"
                     "delete from core.job where kind = 'exchange.share'; commit;" % {"t": b.tenant, "s": offer["shipment_id"]})
    fleet.charter([rule if (rule["document"], rule["role"]) != ("STATUS", "REQUESTING") else {**rule, "fields": ["/events/code", "/events/event_time"]} for rule in allied.RULES])
    run.server.start()
    tell(b, offer["shipment_id"], "ENR", "2026-03-10T11:00:00Z")
    hansa.wait_for(lambda: events_of(run, a.tenant, tender["shipment_id"]), 5)
    tap.equal([e[0] for e in events_of(run, a.tenant, tender["shipment_id"])], ["ENR"], "what the charter takes back before it is handed over stays here")
    allied.settled(run)
    tap.equal(run.database.sql("select state || ' ' || coalesce(reason, '') from exchange.document where tenant_id = '%s' and subject_id = '%s' and kind = 'STATUS' order by sequence;"
                               % (b.tenant, tender["tender_id"])).splitlines(), ["WITHHELD exchange/not_shared", "SENT "], "and the outbox says so")
    fleet.charter(allied.RULES)


def refused(tap, run, a, b, tender, offer):
    run.database.sql("update exchange.share set ended_at = now() where tenant_id = '%s' and share_id = '%s';" % (a.tenant, tender["tender_id"]))
    tell(b, offer["shipment_id"], "PUP", "2026-03-10T10:00:00Z")
    states = "select direction || ' ' || state || ' ' || coalesce(reason, '') from exchange.document where subject_id = '%s' and kind = 'STATUS' order by direction;" % tender["tender_id"]
    hansa.wait_for(lambda: "OUT REFUSED" in run.database.sql(states), 10)
    tap.equal(run.database.sql(states).splitlines(), ["IN REFUSED exchange/share_unknown", "OUT REFUSED exchange/share_unknown"],
              "a document that cannot be applied is kept with its reason, and the sender is told")


def killed(tap, run, a, b, tender, offer):
    """kill -9 between any two steps, again and again, while events flow both ways."""
    expected = {}
    for number in range(5):
        for who, shipment_id in ((a, tender["shipment_id"]), (b, offer["shipment_id"])):
            count = 5
            run.database.sql("begin; set local hansa.tenant_id = '%(t)s'; set local role hansa_app; select tracking.api_events_record('%(t)s', null, (select jsonb_agg(jsonb_build_object("
                             "'shipment_id', '%(s)s', 'source', 'tms', 'source_event_id', 'k%(n)d-' || i, 'code', 'ENR', 'event_time', '2026-03-10T10:00:00Z')) "
                             "from generate_series(1, %(c)d) i)); commit;" % {"t": who.tenant, "s": shipment_id, "n": number, "c": count})
            expected[who.slug] = expected.get(who.slug, 0) + count
        time.sleep(0.05 + 0.11 * number)
        run.server.kill()
        run.leave()
        run.database.sql("update core.job set leased_until = now() where lease is not null;")  # not to wait a minute for each lease
        run.server.start()
    tap.ok(allied.settled(run, 60), "after five kills the queue runs empty", run.database.sql("select kind, tries, last_error, leased_until from core.job;"))
    got = {"from %s" % w.slug: len(events_of(run, other.tenant, s)) for w, other, s in ((a, b, offer["shipment_id"]), (b, a, tender["shipment_id"]))}
    tap.equal(got, {"from %s" % slug: count for slug, count in expected.items()}, "every event is on the other side, and once")


def main():
    tap = hansa.Tap()
    run = client.Run("documents", max_running_tenant=100)
    with run:
        a, b, c = (run.world(name, full=False) for name in ("owner", "carrier", "third"))
        fleet = allied.Fleet(run, a, {b: "DELIVERY", c: "DELIVERY"})
        tender, _ = both_ways(tap, run, fleet, a, b)
        documents(tap, run, fleet, a, b, tender)
        neighbours(tap, run, fleet, a, b, c)
        chain(tap, run, fleet, a, b, c)
        units(tap, run, fleet, a, b)
        proof(tap, run, fleet, a, b)
        proof_files(tap, run, fleet, a, b)
        leaving(tap, run, fleet, a, b)
        awards = [fleet.awarded(b) for _ in range(3)]
        refused(tap, run, a, b, *awards[0])
        withheld(tap, run, fleet, a, b, *awards[1])
        killed(tap, run, a, b, *awards[2])
        tap.equal(allied.faults(run.database), [], "nothing is lost, doubled or out of order")
    run.verdict(tap)
    tap.done()


main()
