"""Recording events: judged one by one, known again, corrected, raced for; and what a look-up then shows."""
import itertools
import json
import threading

import hansa
import scenario
import statements
from scenario import A, B, event, record

T = "2026-03-10T10:42:00-06:00"


def rejections(tap, run):
    scenario.shipment(run, "BOL-R", units=1, first_unit=900)
    cases = [  # (change of a good event, code, member)
        ({"number": "no such"}, "shipment_not_found", "number"),
        ({"number": None, "shipment_id": A}, "shipment_not_found", "shipment_id"),
        ({"number": None}, "field_missing", "number"),
        ({"source_event_id": None}, "field_missing", "source_event_id"),
        ({"code": None}, "field_missing", "code"),
        ({"code": "NOPE"}, "code_unknown", "code"),
        ({"code": "dlv"}, "code_unknown", "code"),
        ({"event_time": None}, "field_missing", "event_time"),
        ({"event_time": "yesterday"}, "time_invalid", "event_time"),
        ({"event_time": "2026-02-29T10:00:00Z"}, "time_invalid", "event_time"),
        ({"event_time": "2026-04-31T10:00:00Z"}, "time_invalid", "event_time"),
        ({"event_time": "2026-03-10T24:00:00Z"}, "time_invalid", "event_time"),
        ({"event_time": "2026-03-10 10:00:00Z"}, "time_invalid", "event_time"),
        ({"event_time": "2026-03-10T10:00:00+25:00"}, "time_invalid", "event_time"),
        ({"event_time": "infinity"}, "time_invalid", "event_time"),
        ({"event_time": "2026-03-10T10:00:00"}, "field_missing", "zone"),
        ({"event_time": "2026-03-10T10:00:00", "zone": "Mars/Olympus"}, "zone_unknown", "zone"),
        ({"zone": "CST6CDT"}, "zone_unknown", "zone"),
        ({"event_time": "1989-12-31T23:59:59Z"}, "time_out_of_range", "event_time"),
        ({"event_time": "2099-01-01T00:00:00Z"}, "time_out_of_range", "event_time"),
        ({"eta": "soon"}, "time_invalid", "eta"),
        ({"eta": "2026-03-12T10:00"}, "field_missing", "zone"),
        ({"sscc": scenario.sscc(12345)}, "unit_not_found", "sscc"),
        ({"supersedes": {"source_event_id": "never"}}, "event_not_found", "supersedes"),
        ({"supersedes": {"source": "tms"}}, "field_missing", "supersedes/source_event_id"),
    ]
    events = [{k: v for k, v in {**event("BOL-R", "r%d" % i, "DEP", T), **change}.items() if v is not None} for i, (change, _, _) in enumerate(cases)]
    answer = record(run, *events, event("BOL-R", "good", "DEP", T))
    tap.equal((answer["accepted"], answer["duplicates"]), (1, 0), "one good event among %d bad ones is taken" % len(cases))
    got = {r["index"]: r for r in answer["rejected"]}
    for i, (change, code, member) in enumerate(cases):
        found = got.get(i, {})
        tap.ok(found.get("code") == "tracking/" + code and found.get("field") == "/events/%d/%s" % (i, member) and found.get("detail", "").endswith("."),
               "%s is %s at %s" % (change, code, member), found)
    fine = [{"event_time": "2026-03-10T10:00", "zone": "Europe/Brussels"}, {"event_time": "2024-02-29T10:00:00.123456Z"},
            {"code": "EST", "event_time": "2099-01-01T00:00:00Z"}, {"number": "bol r"}, {"number": "Bol-R "},
            {"number": "(00)" + scenario.sscc(900)}, {"sscc": scenario.sscc(900)}]
    answer = record(run, *[{**event("BOL-R", "f%d" % i, "DEP", T), **change} for i, change in enumerate(fine)])
    tap.equal((answer["accepted"], answer["rejected"]), (len(fine), []), "times, zones and spellings that are fine are taken")


def duplicates(tap, runs):
    run = runs[A]
    scenario.shipment(run, "BOL-D")
    same = event("BOL-D", "d1", "DEP", T)
    answer = record(run, same, same, {**same, "code": "ARH"}, {**same, "source": "other"})
    tap.equal((answer["accepted"], answer["duplicates"]), (2, 1), "within a batch the first of a key counts")
    tap.equal([(r["index"], r["code"]) for r in answer["rejected"]], [(2, "tracking/event_conflict")], "and what says something else under it is told")
    answer = record(run, same)
    tap.equal((answer["accepted"], answer["duplicates"]), (0, 1), "told again it is a duplicate")
    scenario.shipment(runs[B], "BOL-D")
    answer = record(runs[B], same)
    tap.equal((answer["accepted"], answer["duplicates"]), (1, 0), "another tenant's key is another key (T8)")
    answer = record(run, {k: v for k, v in same.items() if k != "source"})
    named = run.body("tracking/tracking_by_number", number="BOL-D")["events"]
    tap.ok(answer["accepted"] == 1 and "scanner" in {e["source"] for e in named}, "without source the key's name is the source", named)


def walls(tap, runs):
    made = scenario.shipment(runs[B], "BOL-OF-B")
    for change in ({"number": "BOL-OF-B"}, {"number": made["tracking_number"]}, {"number": None, "shipment_id": made["shipment_id"]}):
        answer = record(runs[A], {k: v for k, v in {**event("x", "w", "DLV", T), **change}.items() if v})
        tap.ok(answer["accepted"] == 0 and answer["rejected"][0]["code"] == "tracking/shipment_not_found", "A cannot write on B's shipment by %s" % list(change), answer)
    tap.ok(runs[A]("tracking/tracking_by_number", number="BOL-OF-B") is None, "A does not find B's number (T4)")
    tap.ok(runs[A]("orders/shipment_get", shipment_id=made["shipment_id"]) is None, "A does not find B's shipment (T4)")
    answer = runs[A].body("tracking/tracking_query", body={"numbers": ["BOL-OF-B", made["tracking_number"]]})
    tap.ok(not any(r["found"] for r in answer["results"]), "nor in bulk", answer)


def terminal(tap, run):
    def status():
        return run.body("tracking/tracking_by_number", number="BOL-T")

    scenario.shipment(run, "BOL-T")
    record(run, event("BOL-T", "t1", "DLV", "2026-03-10T12:00:00Z"))
    record(run, event("BOL-T", "t2", "DEP", "2026-03-11T12:00:00Z"))
    tap.equal(status()["status"], "DELIVERED", "a later scan leaves DELIVERED alone")
    record(run, event("BOL-T", "t3", "RTS", "2026-03-12T12:00:00Z"))
    tap.equal(status()["status"], "RETURNED", "a later terminal event does not")
    answer = record(run, event("BOL-T", "t4", "OTH", "2026-03-12T13:00:00Z", supersedes={"source_event_id": "t1"}))
    tap.ok(answer["accepted"] == 1 and status()["status"] == "RETURNED", "the delivery withdrawn by OTH, it stands", status()["status"])
    answer = record(run, event("BOL-T", "t5", "DEP", "2026-03-12T13:00:00Z", supersedes={"source": "tms", "source_event_id": "t3"}))
    found = status()
    tap.ok(found["status"] == "IN_TRANSIT" and found["status_time"] == "2026-03-12T13:00:00Z", "a correction may bring it back on its way", found)
    old = {e["source_event_id"]: e for e in found["events"]}
    tap.ok(old["t3"]["superseded_by"] == old["t5"]["event_id"] and old["t5"]["supersedes"] == old["t3"]["event_id"], "the old event is kept, and both name the other")
    answer = record(run, event("BOL-T", "t6", "DEP", T, supersedes={"source_event_id": "t3"}))
    tap.equal([r["code"] for r in answer["rejected"]], ["tracking/event_superseded"], "what was corrected cannot be corrected again")
    scenario.shipment(run, "BOL-T2")
    answer = record(run, event("BOL-T2", "t7", "DEP", T, supersedes={"source_event_id": "t2"}))
    tap.equal([r["code"] for r in answer["rejected"]], ["tracking/event_not_found"], "another shipment's event cannot be corrected")


# What is told, in the order of its event times, and what it makes of the shipment: decision 0043 by examples.
JOURNEYS = [("PUP LST DLV", "DELIVERED"), ("BKD BCX PUP DLV", "DELIVERED"), ("PUP DLV RTS", "RETURNED"), ("PUP DLV RFS RTS", "RETURNED"), ("PUP LST DLV OFD", "DELIVERED"),
            ("DLV BCX ENR", "IN_TRANSIT"), ("DLV ENR", "DELIVERED"), ("RTS ARH", "RETURNED"), ("RTS DLV", "DELIVERED"), ("BCX LST PUP", "PICKED_UP"), ("PUP DLV BCX", "CANCELLED"),
            ("DEP LST FND", "IN_TRANSIT"), ("DEP LST DEP", "IN_TRANSIT"), ("ARH LST FND OFD", "OUT_FOR_DELIVERY"), ("LST OFD FND", "IN_TRANSIT"), ("BKD BCX FND", "IN_TRANSIT"),
            ("PUP FND", "PICKED_UP"), ("FND DEP LST", "LOST"), ("LST APU", "LOST"), ("DLV FND", "DELIVERED"), ("LST+FND", "LOST"), ("DLV+RTS", "RETURNED"), ("BCX+PUP", "CANCELLED")]


def journeys(tap, run):
    """Each in every order of arrival (up to 24), one event a call; at once at the end, since rows are cheap and processes are not."""
    steps, wanted = [], {}
    for story, want in JOURNEYS:
        told = [(code, day) for day, codes in enumerate(story.split(), 1) for code in codes.split("+")]  # + : at the same moment
        for turn, arrival in enumerate(itertools.permutations(told)):
            number = "J-%s-%d" % (story.replace(" ", "-").replace("+", "-"), turn)
            wanted[number] = want
            steps.append("select orders.api_shipment_create('%s', null, '{\"tracking_number\": \"%s\"}', 'API');" % (A, number))
            steps += ["select tracking.api_events_record('%s', null, '%s');" % (A, json.dumps([event(number, "%s:%d" % (number, day) + code, code, "2026-03-1%dT12:00:00Z" % day)]))
                      for code, day in arrival]
    hansa.psql(run.url, "set hansa.tenant_id = '%s'; %s" % (A, "\n".join(steps)))
    found = dict(line.split("|") for line in hansa.psql(run.url, "set hansa.tenant_id = '%s'; select n.number, s.status from orders.shipment_number n "
                                                      "join tracking.shipment_status s using (tenant_id, shipment_id) where n.number like 'J-%%';" % A).splitlines() if "|" in line)
    tap.equal({n: s for n, s in found.items() if s != wanted[n]}, {}, "%d journeys end where decision 0043 says, in %d orders of arrival" % (len(JOURNEYS), len(wanted)))
    tap.equal(len(found), len(wanted), "and all were told")


def parts(tap, run):
    made = scenario.shipment(run, "BOL-P", units=3, first_unit=700)
    for serial in (700, 701):
        record(run, event(scenario.sscc(serial), "p%d" % serial, "DLV", "2026-03-10T12:00:00Z"))
    found = run.body("orders/shipment_get", shipment_id=made["shipment_id"])
    tap.equal((found["status"], found["part"]), ("PLANNED", {"status": "DELIVERED", "units": 2, "of": 3}), "two of three units delivered is a part")
    record(run, event(scenario.sscc(702), "p702", "DLV", "2026-03-10T13:00:00Z"))
    found = run.body("orders/shipment_get", shipment_id=made["shipment_id"])
    tap.equal((found["status"], found["part"]), ("DELIVERED", None), "all three delivered is delivered")


def lookup(tap, run):
    first = scenario.shipment(run, "SHARED 1", references=[{"kind": "PO", "number": "PO 77/1"}, {"kind": "CONTAINER", "number": "CSQU 305438-3"}])
    second = scenario.shipment(run, "SHARED 2", references=[{"kind": "PO", "number": "po-77-1"}])
    found = run.body("tracking/tracking_by_number", number="PO 77 1")
    tap.equal((found["shipment_id"], [o["shipment_id"] for o in found["also"]]), (second["shipment_id"], [first["shipment_id"]]),
              "of several shipments the newest answers and names the others")
    tap.equal(found["also"][0]["tracking_number"], first["tracking_number"], "by their tracking number too")
    for number in (first["tracking_number"], first["tracking_number"].lower(), "csqu3054383"):
        tap.equal(run.body("tracking/tracking_by_number", number=number)["shipment_id"], first["shipment_id"], "found by %s" % number)
    numbers = ["csqu3054383", "nothing", "PO77-1", "csqu3054383", " - "]
    answer = run.body("tracking/tracking_query", body={"numbers": numbers, "events": 3})["results"]
    tap.equal([(r["number"], r["found"]) for r in answer], list(zip(numbers, [True, False, True, True, False])), "a bulk answer keeps order and repeats")
    single = run.body("tracking/tracking_by_number", number="PO77-1")
    tap.equal({k: v for k, v in answer[2].items() if k != "found"}, single, "and says of each what the single look-up says")


def events_order(tap, run):
    scenario.shipment(run, "BOL-O")
    record(run, event("BOL-O", "o2", "ARH", "2026-03-10T12:00:00Z"), event("BOL-O", "o1", "DEP", "2026-03-10T11:00:00Z"), event("BOL-O", "o3", "OFD", "2026-03-10T12:00:00Z"))
    record(run, event("BOL-O", "o4", "BKD", "2026-03-09T12:00:00Z", place={"city": "Oslo", "country": "NO", "latitude": 59.913868, "longitude": 10.752245}))
    found = run.body("tracking/tracking_by_number", number="BOL-O")
    tap.equal([e["source_event_id"] for e in found["events"]], ["o3", "o2", "o1", "o4"], "events come newest first by event time, then by acceptance")
    tap.equal((found["status"], found["status_time"]), ("OUT_FOR_DELIVERY", "2026-03-10T12:00:00Z"), "of equal times the number further on gives the status")
    tap.equal((found["events"][3]["place"]["latitude"], found["events"][3]["place"]["longitude"]), (59.913868, 10.752245), "coordinates come back as given")


def race(tap, db, run):
    """Batches over the same shipments and the same new keys in opposite orders: no deadlock, nothing lost, nothing twice."""
    for i in range(20):
        scenario.shipment(run, "RACE-%d" % i)
    answers, failures = [], []

    def tell(worker):
        mine = statements.Runner(db.app_url, A, scenario.KEY[A])
        for turn in range(4):
            batch = [event("RACE-%d" % i, "race-%d-%d" % (turn, i), "DEP", "2026-03-%02dT10:00:00Z" % (1 + turn)) for i in range(20)]
            own = [event("RACE-%d" % i, "own-%d-%d-%d" % (worker, turn, i), "DLY", "2026-03-10T10:00:00Z") for i in range(20)]
            batch = batch + own
            batch.sort(key=lambda e: hash((worker, e["source_event_id"])))
            try:
                answers.append(record(mine, *batch))
            except statements.Refused as refused:
                failures.append(refused)

    workers = [threading.Thread(target=tell, args=(w,)) for w in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tap.ok(not failures, "four workers over the same shipments do not deadlock", failures[:1])
    tap.equal(sum(a["accepted"] for a in answers), 4 * 20 + 4 * 4 * 20, "each racing event is accepted once")
    tap.equal(sum(a["duplicates"] for a in answers), 3 * 4 * 20, "and is a duplicate for the others")
    tap.equal(db.sql("select count(*) from tracking.shipment_status s, tracking.status_derive('%s', array[s.shipment_id]) d "
                     "where s.tenant_id = '%s' and s is distinct from d;" % (A, A)), "0", "no update of a status was lost")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        runs = scenario.tenants(db)
        rejections(tap, runs[A])
        duplicates(tap, runs)
        walls(tap, runs)
        terminal(tap, runs[A])
        journeys(tap, runs[A])
        parts(tap, runs[A])
        lookup(tap, runs[A])
        events_order(tap, runs[A])
        race(tap, db, runs[A])
    tap.done()


if __name__ == "__main__":
    main()
