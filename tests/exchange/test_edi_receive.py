"""What becomes of a read EDI file: matched or made shipments, events, zones, duplicates, and files that are refused.

The documents are what the codec makes (server/codec/x12_document.h), written here by hand; with HANSA_SAMPLES and a built
binary the real files are read by `hansa edi parse` and received too.
"""
import copy
import glob
import hashlib
import json
import os
import subprocess
import time

import hansa
import scenario
import statements
from scenario import A, B, edi_document


def receive(run, document, zone="America/Chicago"):
    return run.body("exchange/edi_message_create", document=document, raw=b"ISA*00*", zone=zone)


def an_event(**change):
    one = edi_document()["interchanges"][0]["sets"][0]["events"][0]
    one.update(change)
    return one


def only(report):
    return report["sets"][0]


def events_of(run, number):
    return run.body("tracking/tracking_by_number", number=number)["events"]


def matching(tap, run):
    first = only(receive(run, edi_document("1")))
    tap.equal((first["verdict"], first["accepted"], first["shipment"]["is_new"]), ("ACCEPTED", 1, True), "a set that matches nothing makes a shipment")
    made = run.body("orders/shipment_get", shipment_id=first["shipment"]["shipment_id"])
    tap.equal((made["customer"], made["source"], made["carrier_scac"], made["status"]), (None, "EDI", "ABCD", "IN_TRANSIT"), "whose customer nobody knows yet")
    tap.equal(made["references"], [{"kind": "PRO", "number": "PRO-1"}, {"kind": "SHIPMENT", "number": "LD-1"}], "with the numbers of the message")
    again = only(receive(run, edi_document("2", keys=[["SHIPMENT", "LD-1"]], events=[an_event(status="X4", code="ARH", event_time_local="2026-03-10T12:00")])))
    tap.equal((again["shipment"]["shipment_id"], again["shipment"]["matched_by"]), (made["shipment_id"], "SHIPMENT"), "the shipper's shipment id finds it again")
    again = only(receive(run, edi_document("3", keys=[["SHIPMENT", "unknown"], ["PRO", "pro 1"]], events=[])))
    tap.equal((again["shipment"]["shipment_id"], again["shipment"]["matched_by"], again["accepted"]), (made["shipment_id"], "PRO", 0), "and so does the carrier's number")
    tap.ok({"kind": "SHIPMENT", "number": "unknown"} in run.body("orders/shipment_get", shipment_id=made["shipment_id"])["references"], "a new number is added to it")
    other = only(receive(run, edi_document("4", scac="WXYZ", keys=[["PRO", "PRO-1"]])))
    tap.ok(other["shipment"]["is_new"], "the same PRO of another carrier is another shipment")

    planned = scenario.shipment(run, "BOL 500", carrier_scac="ABCD", references=[{"kind": "BOL", "number": "BOL 500"}, {"kind": "CONTAINER", "number": "CSQU3054383"}])
    found = only(receive(run, edi_document("5", keys=[["PRO", "P-500"], ["BOL", "bol-500"]])))
    tap.equal((found["shipment"]["shipment_id"], found["shipment"]["matched_by"]), (planned["shipment_id"], "BOL"), "an L11 number finds a shipment of ours")
    found = only(receive(run, edi_document("6", keys=[["CONTAINER", "CSQU 3054383"]])))
    tap.equal(found["shipment"]["matched_by"], "CONTAINER", "container and carrier find it too")
    found = only(receive(run, edi_document("7", scac="WXYZ", keys=[["CONTAINER", "CSQU3054383"]])))
    tap.ok(found["shipment"]["is_new"], "the container alone, of another carrier, does not")
    found = only(receive(run, edi_document("8", keys=[["TRACKING", planned["tracking_number"]]])))
    tap.equal(found["shipment"]["shipment_id"], planned["shipment_id"], "our own tracking number does")


def walls(tap, runs):
    made = only(receive(runs[B], edi_document("1")))
    tap.ok(made["shipment"]["is_new"], "the same file of another tenant makes its own shipment")
    message = receive(runs[B], edi_document("9"))
    tap.ok(runs[A]("exchange/edi_message_get", message_id=message["message_id"]) is None, "and its report is not found by the first")
    tap.equal(runs[B].body("exchange/edi_message_get", message_id=message["message_id"]), message, "the report is read back as it was answered")


def times(tap, run):
    cases = [  # change of the event, default zone, event_time, zone, zone_source
        ({"zone": "America/New_York"}, "America/Chicago", "2026-03-10T14:42:00Z", "America/New_York", "CODE"),
        ({"zone": "-05:00"}, "America/Chicago", "2026-03-10T15:42:00Z", "-05:00", "CODE"),
        ({"zone": "+05:30"}, "America/Chicago", "2026-03-10T05:12:00Z", "+05:30", "CODE"),
        ({"zone": "America/Denver", "zone_source": "assumed"}, "America/Chicago", "2026-03-10T16:42:00Z", "America/Denver", "PLACE"),
        ({"zone": None, "zone_source": "assumed"}, "America/Chicago", "2026-03-10T15:42:00Z", "America/Chicago", "ASSUMED"),
        ({"zone": None, "zone_source": "assumed"}, None, "2026-03-10T10:42:00Z", "UTC", "ASSUMED"),
        ({"zone": "Mars/Base", "zone_source": "given"}, "America/Chicago", "2026-03-10T15:42:00Z", "America/Chicago", "ASSUMED"),
        ({"event_time_local": "2026-03-10T10:42:33"}, "UTC", "2026-03-10T15:42:33Z", "America/Chicago", "CODE"),
    ]
    for i, (change, default, time, zone, source) in enumerate(cases):
        receive(run, edi_document("t%d" % i, keys=[["SHIPMENT", "TIME-%d" % i]], events=[an_event(**change)]), default)
        got = events_of(run, "TIME-%d" % i)[0]
        tap.equal((got["event_time"], got["zone"], got["zone_source"]), (time, zone, source), "%s with default %s" % (change, default))


def meanings(tap, run):
    receive(run, edi_document("m1", keys=[["SHIPMENT", "PART"]], events=[an_event(), an_event(status="PA", code="DLV", moves_status=False, event_time_local="2026-03-11T09:00")]))
    found = run.body("tracking/tracking_by_number", number="PART")
    tap.equal((found["status"], found["events"][0]["code"]), ("IN_TRANSIT", "DLV"), "the delivery of a part is told, but does not deliver")
    estimate = an_event(status="AG", code="EST", time_kind="estimate", time_subject="delivery", event_time_local="2026-03-14T16:00")
    receive(run, edi_document("m2", keys=[["SHIPMENT", "EST"]], events=[an_event(), estimate]))
    found = run.body("tracking/tracking_by_number", number="EST")
    told = found["events"][0]
    tap.equal((found["eta"], told["eta"], told["event_time"]), ("2026-03-14T21:00:00Z",) * 2 + ("2026-03-10T16:00:00Z",), "an estimate is made when its message was, and tells the ETA")
    scenario.link(run, found["shipment_id"], b"estimate")
    shown = run.body("tracking/track", secret_hash=hashlib.sha256(b"estimate").digest(), token="t")
    tap.equal(shown["eta"], "2026-03-14T16:00:00-05:00", "which the public page shows in the zone in which it was told")
    receive(run, edi_document("m5", keys=[["SHIPMENT", "EST2"]], events=[{**estimate, "zone": "-07:00"}]), "Europe/Berlin")
    told = events_of(run, "EST2")[0]
    tap.equal((told["eta"], told["event_time"], told["zone"], told["zone_source"]), ("2026-03-14T23:00:00Z", "2026-03-10T10:00:00Z", "-07:00", "ASSUMED"), "also with a fixed offset")
    scenario.link(run, run.body("tracking/tracking_by_number", number="EST2")["shipment_id"], b"estimate2")
    shown = run.body("tracking/track", secret_hash=hashlib.sha256(b"estimate2").digest(), token="t")
    tap.equal(shown["eta"], "2026-03-14T16:00:00-07:00", "and so on the public page")
    receive(run, edi_document("m3", keys=[["SHIPMENT", "RAW"]], events=[an_event(reason="AO", latitude="41.500000", longitude="-87.250000", at={"city": "CHICAGO", "state": "IL", "country": "USA"})]))
    told = events_of(run, "RAW")[0]
    tap.equal((told["source"], told["reason"], told["raw_code"], told["raw_list"]), ("edi:ABCD", "AO", "P1", "X12 1650"), "source, reason and raw code are kept")
    tap.equal(told["place"], {"unlocode": None, "name": None, "city": "CHICAGO", "region": "IL", "country": "US", "latitude": 41.5, "longitude": -87.25}, "place and position too")
    parties = [{"party": "SH", "name": "SHIPPER INC", "city": "RUMFORD", "state": "ME", "postcode": "04276", "line_1": "DUMP ROAD"}, {"party": "CN", "name": "BELL\x07CO", "city": "PARIS", "country": "FR"}, {"party": "ZZ", "name": ""}]
    made = only(receive(run, edi_document("m4", keys=[["SHIPMENT", "PARTY"]], addresses=parties)))
    found = run.body("orders/shipment_get", shipment_id=made["shipment"]["shipment_id"])
    tap.equal(([p["name"] for p in found["parties"]], found["origin"]["city"], found["origin"]["address_lines"], found["destination"]["country"]),
              (["SHIPPER INC"], "RUMFORD", ["DUMP ROAD"], "FR"), "parties and places are taken where they can be")


def repeats(tap, run, db):
    first = receive(run, edi_document("000000077", keys=[["SHIPMENT", "REPEAT"]]))
    count = db.sql("select count(*) from tracking.event;")
    again = receive(run, edi_document("77", keys=[["SHIPMENT", "REPEAT"]], events=[an_event(code="DLV", status="D1")]))
    tap.equal((again["verdict"], again["duplicate"], only(again)["verdict"]), ("DUPLICATE", True, "DUPLICATE"), "the same bytes under the same control number of the same sender are a duplicate")
    tap.equal(db.sql("select count(*) from tracking.event;"), count, "which is kept but not applied (W9)")
    tap.ok(again["message_id"] != first["message_id"] and run.body("exchange/edi_message_get", message_id=again["message_id"])["duplicate"], "both files are kept")
    other = receive(run, edi_document("77", sender="02:OTHR", keys=[["SHIPMENT", "REPEAT"]]))
    tap.equal((other["duplicate"], only(other)["accepted"], only(other)["duplicates"]), (False, 0, 1), "from another sender the same event of the same carrier is stored once")
    later = receive(run, edi_document("78", keys=[["SHIPMENT", "REPEAT"]], events=[an_event(event_time_local="2026-03-10T10:43")]))
    tap.equal(only(later)["accepted"], 1, "a minute later it is another event")
    twice = edi_document("80", keys=[["SHIPMENT", "TWICE"]])
    twice["interchanges"].append(copy.deepcopy(twice["interchanges"][0]))
    report = receive(run, twice)
    tap.equal([s["verdict"] for s in report["sets"]] + [report["verdict"]], ["ACCEPTED", "DUPLICATE", "ACCEPTED"], "twice in one file counts once")


def marks(tap, run):
    document = edi_document("mark", keys=[["SHIPMENT", "MARK"]])
    document["warnings"] = [{"code": "byte_order_mark", "place": None, "detail": "UTF-8 byte order mark first"}]
    tap.equal(receive(run, document)["warnings"], [], "a byte order mark is taken in silence")
    other = {"code": "group_count", "place": None, "detail": "GE01 tells another count"}
    document = edi_document("mark2", keys=[["SHIPMENT", "MARK"]])
    document["warnings"] = document["warnings"] + [other]
    tap.equal(receive(run, document)["warnings"], [other], "and nothing else is")
    report = only(receive(run, edi_document("dashes", keys=[["PRO", "--"], ["SHIPMENT", "DASHES"]])))
    made = run.body("orders/shipment_get", shipment_id=report["shipment"]["shipment_id"])
    tap.equal((report["verdict"], made["references"]), ("ACCEPTED", [{"kind": "SHIPMENT", "number": "DASHES"}]), "a key of signs only is no number of the shipment")


def many(control, sets, tag):
    """A file of new shipments; three of four of their keys are found nowhere."""
    document = edi_document(control)
    sample = document["interchanges"][0]["sets"][0]
    document["interchanges"][0]["sets"] = [
        {**copy.deepcopy(sample), "keys": [["TRACKING", "T-%s-%d" % (tag, i)], ["PRO", "P-%s-%d" % (tag, i)], ["BOL", "B-%s-%d" % (tag, i)],
                                           ["PO", "O-%s-%d" % (tag, i)]], "events": [an_event(), an_event(status="X4", code="ARH", event_time_local="2026-03-10T12:00")]}
        for i in range(sets)]
    return document


class Metered(statements.Runner):
    """Notes the processor time of the backend: the clock on the wall tells as much of the machine's other work."""

    NOTE = "insert into public.used select split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint;\n"

    def __init__(self, db):
        super().__init__(db.super_url, A)
        self.db = db
        db.sql("create table public.used (nanoseconds bigint);")

    def psql(self, sql):
        self.db.sql("truncate public.used;")
        text = super().psql(self.NOTE + "set role hansa_app;\n" + sql + "\nreset role;\n" + self.NOTE)
        self.seconds = float(self.db.sql("select (max(nanoseconds) - min(nanoseconds)) / 1e9 from public.used;"))
        return text


def rows_read(db):
    """Rows of tenant tables that statements have read so far, by index or not."""
    time.sleep(1.1)  # a backend tells its counts when it ends or a second later
    return int(db.sql("""select sum(t.seq_tup_read) + (select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.schemaname in ('orders', 'tracking'))
                         from pg_stat_user_tables t where t.schemaname in ('orders', 'tracking') and t.relname not in ('code', 'status')"""))


def speed(tap):
    """A plan that flips to a scan shows as rows read that grow with the number of shipments. Times are told, not judged: the
    machine is shared."""
    for state, prepare in (("never analysed", ""), ("analysed while empty", "analyze;"), ("analysed with few rows", "analyze;"),
                           ("vacuumed with few rows", "vacuum analyze;")):
        with hansa.Database() as db:
            scenario.tenants(db)
            run = Metered(db)
            if "few" in state:
                receive(run, many("1", 40, "few"))
            db.sql("".join("alter table %s set (autovacuum_enabled = false);" % name for name in (
                "orders.shipment", "orders.shipment_number", "tracking.shipment_status", "tracking.event")))
            db.sql(prepare)
            times, before = [], rows_read(db)
            for turn in range(3):
                report = receive(run, many("9%d" % turn, 300, "new%d" % turn))
                times.append(run.seconds)
                tap.ok([s["accepted"] for s in report["sets"]] == [2] * 300, "300 sets of new shipments are taken, database %s" % state)
            read = rows_read(db) - before
            hansa.note("database %s: %.2f s for 300 sets, %d rows read for 900" % (state, min(times), read))
            if not prepare:
                tap.ok(read < 900 * 60, "and read few rows for each", "%d rows read" % read)
            again = many("99", 300, "new0")
            for part in again["interchanges"][0]["sets"]:
                part["events"] = [an_event(code="OFD", status="X6", event_time_local="2026-03-11T07:00")]
            report = receive(run, again)
            hansa.note("%.2f s for 300 sets of shipments that are there" % run.seconds)
            tap.ok(all(s["shipment"]["matched_by"] == "TRACKING" and s["accepted"] == 1 for s in report["sets"]),
                   "and of shipments that are there too")


def rejections(tap, run, db):
    def counts():
        return db.sql("select (select count(*) from exchange.edi_message), (select count(*) from orders.shipment), (select count(*) from tracking.event);")

    before = counts()
    try:
        receive(run, edi_document("z"), "Mars/Base")
        tap.ok(False, "no such zone")
    except statements.Refused as refusal:
        tap.ok(refusal.code == "PN422" and refusal.name == "exchange/zone_unknown", "no such zone refuses the request", refusal)
    tap.equal(counts(), before, "and nothing is stored")
    shipments = counts().split("|")[1:]
    refused = receive(run, {"verdict": "refused", "format": "OTHER", "reason": {"code": "no_isa", "detail": "no envelope"}, "interchanges": []}, None)
    tap.equal((refused["verdict"], refused["format"], refused["reason"]["code"], refused["sets"]), ("REFUSED", "OTHER", "no_isa", []), "a file that cannot be used is kept with its reason")
    tap.equal(counts().split("|")[1:], shipments, "and applied to nothing")
    good, bad, worse = (edi_document("r%d" % i)["interchanges"][0]["sets"][0] for i in range(3))
    good["keys"], bad["keys"], worse["keys"] = [["SHIPMENT", "GOOD"]], [["SHIPMENT", "BAD"]], [["SHIPMENT", "WORSE"]]
    bad.update(verdict="rejected", problem={"code": "date_unreadable", "detail": "date 'x' of an event cannot be read"})
    worse["events"] = [an_event(code="DLV", status="D1"), an_event(event_time_local="1980-01-01T00:00")]
    document = edi_document("r")
    document["interchanges"][0]["sets"] = [good, bad, worse]
    report = receive(run, document)
    tap.equal((report["verdict"], [s["verdict"] for s in report["sets"]]), ("PARTLY", ["ACCEPTED", "REJECTED", "ACCEPTED"]), "a bad set is rejected by itself")
    tap.equal([r["code"] for r in report["sets"][2]["rejected"]], ["tracking/time_out_of_range"], "and so is a bad event")
    tap.ok(run("tracking/tracking_by_number", number="BAD") is None, "nothing of a rejected set is stored")
    listed = run.body("exchange/edi_message_list", verdict="PARTLY")
    tap.equal([m["message_id"] for m in listed], [report["message_id"]], "the list finds it by verdict")


def samples(tap, run, db):
    files = sorted(glob.glob(os.path.join(hansa.SAMPLES, "x12-214", "*.edi")) + glob.glob(os.path.join(hansa.SAMPLES, "edi-malformed", "x12*.edi")))
    try:
        program = hansa.binary()
    except RuntimeError:
        program = None
    if not files or not program:
        tap.skip("real files are received", "no samples" if not files else "no binary")
        return
    for path in files:
        read = subprocess.run([program, "edi", "parse", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        document = json.loads(read.stdout)
        name = os.path.basename(path)
        report = receive(run, document)
        if document["verdict"] == "refused":
            tap.ok(report["verdict"] == "REFUSED" and report["reason"] == document["reason"], "%s is refused as the codec says" % name, report)
            continue
        sets = [s for i in document["interchanges"] for s in i["sets"]]
        taken = [s for s in report["sets"] if s["verdict"] == "ACCEPTED"]
        lost = [s for s, d in zip(report["sets"], sets) if s["verdict"] == "ACCEPTED" and s["accepted"] + s["duplicates"] != len(d["events"])]
        tap.ok(len(report["sets"]) == len(sets) and not lost, "%s: %d of %d sets applied, no event lost" % (name, len(taken), len(sets)), lost)
    tap.equal(db.sql("select count(*) from tracking.shipment_status s, tracking.status_derive(s.tenant_id, array[s.shipment_id]) d where s is distinct from d;"),
              "0", "after all of them every status is what its events say")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        runs = scenario.tenants(db)
        matching(tap, runs[A])
        walls(tap, runs)
        times(tap, runs[A])
        meanings(tap, runs[A])
        repeats(tap, runs[A], db)
        rejections(tap, runs[A], db)
        marks(tap, runs[A])
        samples(tap, runs[A], db)
    speed(tap)
    tap.done()


if __name__ == "__main__":
    main()
