#!/usr/bin/env python3
"""Events over HTTP: whole batches with each event judged by itself, idempotent, also when two clients send the same at once;
the status that is derived from them (domain.md, state machines); nothing of another tenant can be reached (T7)."""
import datetime
import random
import uuid
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import world

BATCH = 1000
TERMINAL = {"DELIVERED": 90, "RETURNED": 91, "LOST": 92, "CANCELLED": 93}
STATUS = {"BKD": ("BOOKED", 20), "PUP": ("PICKED_UP", 30), "DEP": ("IN_TRANSIT", 40), "CSI": ("CUSTOMS", 45), "ARH": ("AT_HUB", 50),
          "OFD": ("OUT_FOR_DELIVERY", 60), "AVP": ("READY_FOR_PICKUP", 65), "ATT": ("ATTEMPTED", 70), "RFS": ("RETURNING", 75),
          "DLV": ("DELIVERED", 90), "RTS": ("RETURNED", 91), "BCX": ("CANCELLED", 93), "ENR": ("IN_TRANSIT", 40), "APP": (None, 0), "LDD": (None, 0)}


def at(hour, minute=0):
    return "2026-03-%02dT%02d:%02d:00Z" % (1 + hour // 24, hour % 24, minute)


def track(own, number, expected=200):
    answer = own.get("/v1/tracking/" + number)
    return answer.json if expected == 200 else answer


def batches(tap, run, own):
    numbers = [own.shipment(references=[{"kind": "BOL", "number": world.unique("B")}])["tracking_number"] for _ in range(40)]
    stem = world.unique("batch")
    events = [{"number": numbers[i % 40], "source": "sorter", "source_event_id": "%s-%d" % (stem, i), "code": "ENR", "event_time": at(1 + i % 40, i % 60)}
              for i in range(BATCH)]
    bad = {17: ("code_unknown", "code", {"code": "QQQ"}), 203: ("shipment_not_found", "number", {"number": "NONE-1"}),
           404: ("time_invalid", "event_time", {"event_time": "2026-02-30T10:00:00Z"}), 405: ("field_missing", "code", {"code": None}),
           777: ("time_out_of_range", "event_time", {"event_time": "2099-01-01T00:00:00Z"}), 999: ("field_missing", "event_time", {"event_time": None})}
    for index, (_, _, change) in bad.items():
        events[index] = {**events[index], **change}
    events[500] = dict(events[499])
    events[501] = {**events[498], "code": "DLV"}
    first = own.events(events)
    told = [(r["index"], r["code"], r["field"]) for r in first["rejected"]]
    wrong = {**{i: (code, member) for i, (code, member, _) in bad.items()}, 501: ("event_conflict", "source_event_id")}
    tap.equal(told, [(i, "tracking/" + code, "/events/%d/%s" % (i, member)) for i, (code, member) in sorted(wrong.items())],
              "of 1,000 events those that are wrong are named by index, code and field")
    tap.equal((first["accepted"], first["duplicates"]), (BATCH - len(bad) - 2, 1), "the others are accepted, or a duplicate within the batch")
    tap.equal(int(run.database.sql("select count(*) from tracking.event where source_event_id like '%s-%%'" % stem)), first["accepted"],
              "as many rows are there as were accepted")
    tap.ok(track(own, numbers[498 % 40])["status"] != "DELIVERED", "other content under an id that is taken changes nothing")
    snapshot = client.Snapshot(run.database)
    again = own.events(events)
    tap.equal((again["accepted"], again["duplicates"], again["rejected"]), (0, BATCH - len(wrong), first["rejected"]), "sent again, all are duplicates")
    tap.equal(snapshot.changes(), [], "and nothing is written")
    for count, status in ((0, 422), (BATCH + 1, 422)):
        answer = run.ask("POST", "/v1/tracking/events", {"events": [dict(events[0], source_event_id="x%d" % i) for i in range(count)]}, own.key)
        tap.ok(answer.status == status and client.pointers(answer) == ["/events"], "%d events are %d" % (count, status), answer)
    tap.equal(snapshot.changes(), [], "and nothing of them is written")


def at_once(tap, run, own):
    numbers = [own.shipment()["tracking_number"] for _ in range(20)]
    stem = world.unique("race")
    events = [{"number": numbers[i % 20], "source": "s", "source_event_id": "%s-%d" % (stem, i), "code": ("PUP", "DEP", "ARH", "OFD")[i % 4],
               "event_time": at(i % 100)} for i in range(400)]
    orders = [events, events, list(reversed(events)), random.Random(3).sample(events, len(events))]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda e: run.ask("POST", "/v1/tracking/events", {"events": e}, own.key), orders))
    tap.equal([a.status for a in answers], [200] * 4, "the same batch four times at once, in three orders: all are answered, none deadlocks")
    counts = [a.json for a in answers if a.status == 200]
    tap.equal((sum(c["accepted"] for c in counts), sum(c["duplicates"] for c in counts)), (400, 1200), "each event is accepted once")
    tap.equal(run.database.sql("select count(*) from tracking.event where source_event_id like '%s-%%'" % stem), "400", "and is there once")
    tap.equal(run.database.sql("select count(*) from tracking.shipment_status s, lateral (select * from tracking.status_derive(s.tenant_id, array[s.shipment_id])) d "
                               "where s.status <> d.status or s.eta is distinct from d.eta or s.last_event_time is distinct from d.last_event_time"), "0",
              "every status is what its events say")


def late_scans(tap, own):
    made = own.shipment()
    number, stem = made["tracking_number"], world.unique("late")

    def tell(code, when, name, **more):
        return own.events([{"number": number, "source": "driver", "source_event_id": stem + name, "code": code, "event_time": when, **more}])
    tap.equal(track(own, number)["status"], "PLANNED", "a new shipment is PLANNED")
    tell("PUP", at(10), "1")
    tell("OFD", at(40), "2")
    tell("DEP", at(20), "3")
    tap.equal(track(own, number)["status"], "OUT_FOR_DELIVERY", "a scan that comes late does not turn the status back")
    tell("DLV", at(50), "4")
    for code, when, name in (("ARH", at(30), "5"), ("DEP", at(60), "6"), ("BCX", at(49), "8")):
        answer = tell(code, when, name)
        got = track(own, number)
        tap.ok(got["status"] == "DELIVERED" and got["status_time"] == at(50), "%s %s delivery does not undo DELIVERED" %
               (code, "after" if when > at(50) else "before"), got["status"])
        tap.equal(answer["unmoved"], [{"index": 0, "status": "DELIVERED", "status_at": at(50)}], "and who told it is told so")
    answer = tell("RTS", at(61), "7")
    tap.equal((track(own, number)["status"], answer["unmoved"]), ("RETURNED", []), "what is returned later is no longer delivered")
    answer = tell("OTH", at(62), "9", supersedes={"source": "driver", "source_event_id": stem + "4"})
    tap.equal(track(own, number)["status"], "RETURNED", "the delivery withdrawn, the other terminal event stands")
    for name, old in (("10", "7"), ("11", "8")):
        tell("OTH", at(62), name, supersedes={"source_event_id": stem + old})
    got = track(own, number)
    tap.equal((got["status"], got["status_time"]), ("IN_TRANSIT", at(60)), "and with no terminal event left, the newest scan")
    tell("DLV", at(70), "12")
    tell("ATT", at(70), "13", supersedes={"source": "driver", "source_event_id": stem + "12"})
    got = track(own, number)
    tap.equal(got["status"], "ATTEMPTED", "a correction puts an attempt in place of a delivery")
    events = {e["source_event_id"]: e for e in got["events"]}
    tap.equal((events[stem + "12"]["superseded_by"], events[stem + "13"]["supersedes"]), (events[stem + "13"]["event_id"], events[stem + "12"]["event_id"]),
              "both stay in the list and name each other")
    second = tell("DLV", at(70), "14", supersedes={"source": "driver", "source_event_id": stem + "12"})
    tap.equal([r["code"] for r in second["rejected"]], ["tracking/event_superseded"], "what was corrected is not corrected twice")
    third = tell("DLV", at(71), "15", supersedes={"source": "driver", "source_event_id": stem + "13"})
    tap.ok(third["accepted"] == 1 and track(own, number)["status"] == "DELIVERED", "a correction can be corrected", third)
    again = tell("DLV", at(71), "15", supersedes={"source": "driver", "source_event_id": stem + "13"})
    tap.equal(again["duplicates"], 1, "a correction sent again is a duplicate")
    times = [e["event_time"] for e in got["events"]]
    tap.equal(times, sorted(times, reverse=True), "events are told newest first")
    other = own.shipment()
    wrong = own.events([{"shipment_id": other["shipment_id"], "source": "driver", "source_event_id": world.unique(), "code": "OTH", "event_time": at(72),
                         "supersedes": {"source": "driver", "source_event_id": stem + "15"}}])
    tap.equal([r["code"] for r in wrong["rejected"]], ["tracking/event_not_found"], "an event of another shipment cannot be corrected from here")
    lost = own.shipment()["tracking_number"]
    own.events([own.event("DEP", at(5), number=lost), own.event("LST", at(9), number=lost)])
    tap.equal(track(own, lost)["status"], "LOST", "lost")
    own.events([own.event("FND", at(12), number=lost)])
    tap.equal(track(own, lost)["status"], "IN_TRANSIT", "and found again: it is on its way")
    answer = tell("DEP", at(11), "16", supersedes={"source": "driver", "source_event_id": stem + "1"})
    tap.equal((answer["accepted"], answer["unmoved"]), (1, [{"index": 0, "status": "DELIVERED", "status_at": at(71)}]),
              "a correction of an old scan moves nothing, and who told it is told so")


def any_order(tap, own):
    """The status does not depend on the order in which scans arrive."""
    rng, wrong = random.Random(11), []
    for turn in range(12):
        codes = rng.sample([c for c in STATUS if c not in ("DLV", "RTS", "BCX")], 6) + (["DLV"] if turn % 2 else [])
        scans = [(code, rng.randint(1, 8)) for code in codes]
        number = own.shipment()["tracking_number"]
        rng.shuffle(scans)
        events = [own.event(code, at(hour), number=number) for code, hour in scans]
        cut = rng.randint(0, len(events))
        for part in (events[:cut], events[cut:]):
            if part:
                own.events(part)
        moving = [(hour, STATUS[code][1], STATUS[code][0]) for code, hour in scans if STATUS[code][0]]
        done = [m for m in moving if m[2] in TERMINAL]
        expected = done[0][2] if done else max(moving)[2] if moving else "PLANNED"
        got = track(own, number)["status"]
        if got != expected:
            wrong.append("%s: %s, expected %s" % (scans, got, expected))
    tap.ok(not wrong, "in any order of arrival the newest event counts, an equal time the status further on", "\n".join(wrong))


def units(tap, own):
    sscc = [world.sscc() for _ in range(3)]
    made = own.shipment(handling_units=[{"sscc": s} for s in sscc])
    number = made["tracking_number"]

    def tell(*events):
        return own.events([own.event(code, when, number=number, sscc=unit) for code, when, unit in events])
    own.events([own.event("DEP", at(1), number=number)])
    tell(("DLV", at(5), sscc[0]))
    got = track(own, number)
    tap.equal((got["status"], got["part"]), ("IN_TRANSIT", {"status": "DELIVERED", "units": 1, "of": 3}), "one of three pieces delivered: still in transit, and part")
    own.events([own.event("OFD", at(6), number=sscc[1], sscc=sscc[1])])
    tap.equal(track(own, number)["part"], {"status": "DELIVERED", "units": 1, "of": 3}, "part tells of those furthest on")
    shipment = own.get("/v1/shipments/" + made["shipment_id"]).json
    tap.equal(shipment["part"], track(own, number)["part"], "the shipment tells the same")
    tell(("DLV", at(7), sscc[1]), ("DLV", at(8), sscc[2]))
    got = track(own, sscc[2])
    tap.equal((got["status"], got["part"]), ("DELIVERED", None), "all three delivered: delivered, whichever number is asked")
    tell(("DEP", at(9), sscc[0]))
    tap.equal(track(own, number)["status"], "DELIVERED", "a late scan of one piece undoes nothing")
    rejected = own.events([own.event("DLV", at(9), number=number, sscc=world.sscc())])["rejected"]
    tap.equal([(r["code"], r["field"]) for r in rejected], [("tracking/unit_not_found", "/events/0/sscc")], "a piece of another shipment is not found")
    pallet, box = world.sscc(), world.sscc()
    tree = own.shipment(handling_units=[{"sscc": pallet}, {"sscc": box, "parent_sscc": pallet}])["tracking_number"]
    own.events([own.event("DLV", at(3), number=tree, sscc=pallet)])
    tap.equal(track(own, tree)["status"], "DELIVERED", "what happens to a pallet happens to what stands on it")


def flags(tap, own):
    number = own.shipment()["tracking_number"]

    def tell(code, when, **more):
        own.events([own.event(code, when, number=number, **more)])
        return track(own, number)
    tell("DEP", at(1))
    got = tell("DLY", at(2), eta="2026-03-20T12:00:00Z", reason="AO")
    tap.equal((got["status"], got["flags"], got["eta"]), ("IN_TRANSIT", ["DELAYED"], "2026-03-20T12:00:00Z"), "a delay is a flag with an ETA, no status")
    got = tell("EST", at(1), eta="2026-03-19T12:00:00Z")
    tap.equal(got["eta"], "2026-03-20T12:00:00Z", "an older estimate that comes late does not count")
    got = tell("CSI", at(3))
    tap.equal((got["status"], sorted(got["flags"])), ("CUSTOMS", ["DELAYED", "HELD"]), "customs hold: CUSTOMS and HELD")
    got = tell("CSR", at(4))
    tap.ok("HELD" not in got["flags"], "released by customs", got["flags"])
    got = tell("DMG", at(5))
    tap.ok("DAMAGED" in got["flags"] and got["last_event_time"] == at(5), "damage is a flag", got["flags"])


def clocks(tap, own):
    number = own.shipment()["tracking_number"]

    def time_of(when, **more):
        event = own.event("ENR", when, number=number, **more)
        answer = own.events([event])
        if answer["rejected"]:
            return answer["rejected"][0]["code"]
        found = next(e for e in track(own, number)["events"] if e["source_event_id"] == event["source_event_id"])
        return found["event_time"], found["zone"]
    tap.equal(time_of("2026-03-10T10:42:00-06:00")[0], "2026-03-10T16:42:00Z", "an offset is understood")
    tap.equal(time_of("2026-07-10T10:42:00", zone="America/Chicago"), ("2026-07-10T15:42:00Z", "America/Chicago"), "a local time is read in its zone, summer")
    tap.equal(time_of("2026-01-10T10:42:00", zone="America/Chicago")[0], "2026-01-10T16:42:00Z", "and winter")
    tap.equal(time_of("2026-03-10T10:42:00"), "tracking/field_missing", "a local time without zone is rejected")
    tap.equal(time_of("2026-03-10T10:42:00", zone="CST6"), "tracking/zone_unknown", "a zone that IANA does not name is rejected")
    for wrong in ("2026-13-01T00:00:00Z", "2026-03-10", "10:42", "2026-03-10T25:00:00Z", "2026-03-10T10:42:00+25:00", "1741603320", "now", "infinity", "epoch",
                  "2026-03-10 10:42:00Z; drop table x", "20260310T104200Z", "2026-W11-2T10:00:00Z"):
        tap.equal(time_of(wrong), "tracking/time_invalid", "no time: " + wrong)
    now = datetime.datetime.now(datetime.timezone.utc)
    number = own.shipment()["tracking_number"]
    own.events([own.event("ENR", at(1), number=number)])
    received = datetime.datetime.fromisoformat(track(own, number)["events"][0]["received_at"].replace("Z", "+00:00"))
    tap.ok(abs((received - now).total_seconds()) < 10, "the second clock says when we were told")
    soon = (now + datetime.timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tap.equal(time_of(soon), "tracking/time_out_of_range", "an event of the day after tomorrow has not happened")


def strangers(tap, run, a, b):
    snapshot = client.Snapshot(run.database)
    tries = [{"number": b.values["tracking_number"]}, {"number": b.values["bol"]}, {"number": b.values["sscc"]}, {"shipment_id": b.values["shipment_id"], "number": None}]
    events = [a.event("DLV", at(1), **change) for change in tries]
    nobodys = [a.event("DLV", at(1), number="NONE-%d" % i) for i in range(3)] + [a.event("DLV", at(1), number=None, shipment_id=str(uuid.uuid4()))]
    theirs, random_ones = a.events(events), a.events(nobodys)
    tap.equal(theirs, random_ones, "events for another tenant's shipments are answered like those for nobody's (T7)")
    tap.equal(snapshot.changes(), [], "and write nothing")
    own = a.event("OTH", at(2), supersedes={"source": b.values["source"], "source_event_id": b.values["source_event_id"]})
    tap.equal([r["code"] for r in a.events([own])["rejected"]], ["tracking/event_not_found"], "another tenant's event cannot be corrected")
    own = a.event("DEP", at(2), source=b.values["source"], source_event_id=b.values["source_event_id"])
    tap.equal(a.events([own])["accepted"], 1, "a source's id that another tenant has used is free for us (T8)")
    units_of_b = a.events([a.event("DLV", at(3), sscc=b.values["sscc"])])["rejected"]
    tap.equal([r["code"] for r in units_of_b], ["tracking/unit_not_found"], "another tenant's piece is no piece of ours")


def alone(tap, run, own):
    """One event that cannot be read does not sink its batch; what is no batch is refused whole."""
    number = own.shipment()["tracking_number"]

    def good(**more):
        return {**own.event("ARH", "2026-03-09T08:00:00Z", number=number), **more}
    bad = {"place/country": {"place": {"country": "UK"}}, "place/unlocode": {"place": {"unlocode": "NL RTM"}}, "place/latitude": {"place": {"latitude": 91, "longitude": 0}},
           "place/city": {"place": {"city": "c" * 81}}, "place": {"place": 7}, "code": {"code": "DELIVERED"}, "reason": {"reason": "r" * 41}, "event_time": {"event_time": 1793600000},
           "shipment_id": {"shipment_id": "no-uuid"}, "number": {"number": "n" * 65}, "leg_id": {"leg_id": 5}, "source_event_id": {"source_event_id": "x" * 129}, "zone": {"zone": "z" * 61},
           "supersedes": {"supersedes": []}, "fault": {"fault": "x|y"}, "surprise": {"surprise": 1}, "raw_code": {"raw_code": "a\u0007"}, "eta": {"eta": "e" * 41}}
    answer = own.events([good()] + [good(**change) for change in bad.values()] + [good()])
    tap.equal(answer["accepted"], 2, "the first and the last of a batch are taken, whatever is between")
    tap.equal([(r["index"], r["code"], r["field"]) for r in answer["rejected"]],
              [(i, "tracking/field_invalid", "/events/%d/%s" % (i, member)) for i, member in enumerate(bad, 1)], "each other is rejected at its member")
    tap.ok(all(r["detail"].startswith(("Expected", "Known here are")) for r in answer["rejected"]), "and told what would be right", answer["rejected"])
    for item in (None, 5, "x", [], {}):
        answer = run.ask("POST", "/v1/tracking/events", {"events": [item, good()]}, own.key)
        tap.ok(answer.status == 200 and answer.json["accepted"] == 1 and [r["index"] for r in answer.json["rejected"]] == [0], "%r in the place of an event rejects that" % (item,), answer)
    answer = own.events([{"code": 5}] * BATCH)
    tap.equal(len(answer["rejected"]), BATCH, "a thousand that cannot be read are told of one by one")
    for body, pointer in (({"events": "x"}, "/events"), ({}, "/events"), ({"events": [good()], "x": 1}, "/x")):
        answer = run.ask("POST", "/v1/tracking/events", body, own.key)
        tap.ok(answer.status == 422 and client.pointers(answer) == [pointer], "no list of events is 422 at " + pointer, answer)


def conflicts(tap, own):
    """The same id with other content is told, never swallowed."""
    number, other = own.shipment()["tracking_number"], own.shipment()["tracking_number"]
    first = own.event("ARH", "2026-03-09T08:00:00Z", number=number)
    own.events([first])
    for change in ({}, {"event_time": "2026-03-09T09:00:00+01:00"}, {"number": number.lower()}):
        answer = own.events([{**first, **change}])
        tap.equal((answer["duplicates"], answer["rejected"]), (1, []), "the same again is a duplicate: %s" % change)
    snapshot = client.Snapshot(own.run.database)
    for change, word in (({"code": "DEP"}, "code"), ({"event_time": "2026-03-09T08:00:01Z"}, "event_time"), ({"reason": "AO"}, "reason"), ({"place": {"city": "X"}}, "place"),
                         ({"eta": "2026-03-19T08:00:00Z"}, "eta"), ({"raw_code": "X4"}, "raw_code"), ({"number": other}, "another shipment")):
        answer = own.events([{**first, **change}])
        told = answer["rejected"][0] if answer["rejected"] else {}
        tap.ok(answer["duplicates"] == answer["accepted"] == 0 and told.get("code") == "tracking/event_conflict" and word in told["detail"]
               and "ARH at 2026-03-09T08:00:00Z" in told["detail"], "%s under its id is told, with what stands" % change, answer)
    tap.equal(snapshot.changes(), [], "and nothing is written")
    shared = {"kind": "PO", "number": world.unique("SHARED")}
    own.shipment(references=[shared])
    again = own.event("ARH", "2026-03-09T08:00:00Z", number=shared["number"])
    own.events([again])
    own.shipment(references=[shared])
    tap.equal(own.events([again])["duplicates"], 1, "a number that has gone to a newer shipment since is no conflict")


def main():
    tap = hansa.Tap()
    run = client.Run("events", max_running_tenant=100)
    with run:
        a, b = run.world("events-a"), run.world("events-b")
        batches(tap, run, a)
        alone(tap, run, a)
        conflicts(tap, a)
        at_once(tap, run, a)
        late_scans(tap, a)
        any_order(tap, a)
        units(tap, a)
        flags(tap, a)
        clocks(tap, a)
        strangers(tap, run, a, b)
    run.verdict(tap)
    tap.done()


main()
