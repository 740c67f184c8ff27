#!/usr/bin/env python3
"""Facts against the books: what a 214 says is asked for afterwards, number by number, where somebody would look for it: by
GET /v1/tracking, at the shipment and its stops, in the report of the message. What the parser says is tested elsewhere."""
import collections
import datetime
import glob
import json
import os
import zoneinfo

import client
import hansa
import world

ZONES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles", "PS": "-08:00", "CS": "-06:00", "UT": "+00:00"}
OWN = os.path.join(hansa.ROOT, "tests", "exchange", "edi")


def x12(sets, sender="ZZ:BOOKS", receiver="ZZ:HANSA", control=None, usage="P", version="00401", repetition="U"):
    """An interchange of 214s; a set is the list of its segments between ST and SE."""
    control = control or int(world.unique("")[-9:])
    q, s = sender.split(":")
    r, t = receiver.split(":")
    lines = ["ISA*00*          *00*          *%s*%s*%s*%s*260310*1200*%s*%s*%09d*0*%s*>" % (q, s.ljust(15), r, t.ljust(15), repetition, version, control, usage),
             "GS*QM*%s*%s*20260310*1200*%d*X*004010" % (s, t, control)]
    for number, segments in enumerate(sets, 1):
        lines += ["ST*214*%04d" % number] + segments + ["SE*%d*%04d" % (len(segments) + 2, number)]
    return "".join(line + "~\n" for line in lines + ["GE*%d*%d" % (len(sets), control), "IEA*1*%09d" % control]).encode()


class Books:
    """One tenant: uploads, and questions as people ask them."""

    def __init__(self, tap, run, slug):
        self.tap, self.run, self.own = tap, run, run.world(slug, full=False)

    def send(self, file, query="", kind="application/edi-x12"):
        return self.run.ask("POST", "/v1/edi/messages" + query, file, self.own.key, {"content-type": kind})

    def take(self, *sets, **more):
        answer = self.send(x12(list(sets), **more))
        if answer.status != 200:
            raise RuntimeError("%r" % answer)
        return answer.json

    def track(self, number):
        return self.own.get("/v1/tracking/" + number.replace(" ", "%20"))

    def status(self, number):
        answer = self.track(number)
        return answer.json["status"] if answer.status == 200 else answer.status

    def shipments(self, number):
        """All shipments that have a number, as tracking answers; the newest first."""
        first = self.track(number)
        if first.status != 200:
            return []
        return [first.json] + [self.track(o["tracking_number"]).json for o in first.json["also"]]

    def events(self, number):
        return [e for s in self.shipments(number) for e in s["events"]]

    def stops(self, number):
        return sorted(self.own.get("/v1/shipments/%s/stops" % self.track(number).json["shipment_id"]).json["data"], key=lambda s: s["seq"])

    def content(self, message_id):
        return self.own.get("/v1/edi/messages/%s/content" % message_id)


# --- facts.json against the books -----------------------------------------------------------------

def clock_of(event):
    """The time of an event on the clock of its zone, as X12 writes it."""
    told = datetime.datetime.fromisoformat((event["eta"] if event["code"] == "EST" and event["eta"] else event["event_time"]).replace("Z", "+00:00"))
    zone = event["zone"]
    if zone[0] in "+-":
        local = told.astimezone(datetime.timezone(datetime.timedelta(minutes=int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:6])))))
    else:
        local = told.astimezone(zoneinfo.ZoneInfo(zone))
    return local.strftime("%Y%m%d %H%M")


def seen(event):
    place = event["place"] or {}
    more = event.get("details", {})
    return (event["raw_code"], clock_of(event), None if more.get("place_inferred") else place.get("city"), place.get("region"), tuple(more.get("equipment", ())))


def told(fact):
    at = fact.get("at", {})
    return (fact.get("status") or fact.get("appointment"), "%s %s" % (fact["date"], fact.get("time", "0000")[:4]), at.get("city"), at.get("state"), tuple(fact.get("equipment", ())))


def numbers_of(fact):
    """Every number of a set by which somebody may ask: words without a digit and numbers of stops are none."""
    found = [fact["carrier_reference"], fact["shipment_id"]] + [value for qualifier, value in fact["references"] if qualifier != "QN"]
    return {n.strip() for n in found if any(c.isdigit() for c in n) and 0 < len(n.strip()) <= 64}


def compare(books, name, sets, said):
    """All sets of a file against what the books hold afterwards; said: what the files before it told of each shipment."""
    tap = books.tap
    whose, lost = {}, []
    for one in sets:
        key = one["shipment_id"].strip() or one["carrier_reference"].strip() or sorted(numbers_of(one))[0]
        said[key] += collections.Counter(told(e) for e in one["events"])
        whose.setdefault(key, []).append(one)
        lost += [number for number in numbers_of(one) if books.track(number).status != 200]
    tap.equal(lost, [], "%s: each number that stands in it is found" % name)
    wrong = []
    for key in whose:
        facts = said[key]
        events = books.events(key)
        found = collections.Counter(seen(e) for e in events)
        if found != facts:
            wrong.append("%s: missing %s, too many %s" % (key, dict(facts - found), dict(found - facts)))
        zones = {(e["raw_code"], clock_of(e)): e for e in events}
        for fact in [e for one in whose[key] for e in one["events"]]:
            event = zones.get(told(fact)[:2])
            if event and fact.get("tz") in ZONES and event["code"] != "EST" and (event["zone"], event["zone_source"]) != (ZONES[fact["tz"]], "CODE"):
                wrong.append("%s %s: zone %s %s of %s" % (key, told(fact), event["zone"], event["zone_source"], fact["tz"]))
        ids = {s["shipment_id"] for s in books.shipments(key)}
        parties = {p["name"] for i in ids for p in books.own.get("/v1/shipments/" + i).json["parties"]}
        missing = {party.strip() for one in whose[key] for _, party in one["parties"] if party.strip()} - parties
        if missing:
            wrong.append("%s: parties %s" % (key, missing))
        scacs = {s["carrier_scac"] for s in books.shipments(key)}
        if not {one["scac"] for one in whose[key]} <= scacs:
            wrong.append("%s: carriers %s" % (key, scacs))
    tap.ok(not wrong, "%s: events, times, places, equipment, parties and carriers are in the books" % name, "\n".join(wrong[:6]))


def as_production(file):
    """The same file with P in ISA15."""
    at = file.index(b"ISA") + 102
    return file[:at] + b"P" + file[at + 1:]


def samples(tap, run):
    folders = [OWN, os.path.join(os.path.realpath(hansa.SAMPLES), "x12-214")]
    for folder in folders:
        if not os.path.isdir(folder):
            tap.skip("the facts of the samples are in the books", "no samples here")
            continue
        books, said = Books(tap, run, "facts-%d" % folders.index(folder)), collections.defaultdict(collections.Counter)
        with open(os.path.join(folder, "facts.json"), encoding="utf-8") as text:
            facts = json.load(text)
        for name, fact in sorted(facts.items()):
            with open(os.path.join(folder, name), "rb") as text:
                file = text.read()
            answer = books.send(file)
            sets = [s for i in fact["interchanges"] for s in i["sets"]]
            if "no ISA/GS envelope" in fact.get("anomalies", []):
                where = answer.headers.get("location", "")
                kept = books.own.get(where)
                tap.ok(answer.status == 422 and kept.json["verdict"] == "REFUSED" and books.content(kept.json["message_id"]).body == file,
                       "%s: refused, and kept byte for byte" % name, answer)
                continue
            if {i["usage"] for i in fact["interchanges"]} == {"T"}:
                tap.ok(answer.json["verdict"] == "TEST" and not [n for s in sets for n in numbers_of(s) if books.track(n).status != 404],
                       "%s: a test is applied to nothing" % name, answer)
                answer = books.send(as_production(file))
            body = answer.json
            tap.ok(body["verdict"] == "ACCEPTED" and not [s for s in body["sets"] if s["rejected"]] and books.content(body["message_id"]).body
                   in (file, as_production(file)), "%s: taken whole, and kept byte for byte" % name, answer)
            compare(books, name, sets, said)


# --- stops and units (2.1) ------------------------------------------------------------------------

def at7(code, day, clock, *more, place="DALLAS*TX*US"):
    return ["AT7*%s*NS***202603%02d*%s*CT" % (code, day, clock)] + (["MS1*" + place] if place else []) + list(more)


def stops(tap, run):
    books = Books(tap, run, "stops")
    books.take(["B10*PRO-S1*SHP-S1*STOP", "LX*1"] + at7("D1", 10, "0800", "L11*2*QN"))
    tap.equal(books.status("SHP-S1"), "PLANNED", "a delivery at one stop does not deliver the load")
    event = books.events("PRO-S1")[0]
    tap.equal((event["code"], event.get("stop_id"), event["details"]["stop"]), ("DLV", books.stops("SHP-S1")[0]["stop_id"], "2"), "it is told of its stop")
    books.take(["B10*PRO-S1*SHP-S1*STOP", "LX*1"] + at7("X4", 10, "1100", place="WACO*TX*US"))
    tap.equal(books.status("SHP-S1"), "AT_HUB", "and the journey goes on")
    books.take(["B10*PRO-S1*SHP-S1*STOP", "LX*1"] + at7("D1", 10, "1800", "L11*3*QN", place="HOUSTON*TX*US"))
    got = books.track("SHP-S1").json
    tap.equal((got["status"], got["status_time"]), ("DELIVERED", "2026-03-10T23:00:00Z"), "the last stop delivers it, at its own time")
    tap.equal([(s["seq"], s["type"], s["place"]["city"]) for s in books.stops("SHP-S1")], [(2, "DELIVERY", "DALLAS"), (3, "DELIVERY", "HOUSTON")], "the stops are there, with their places")
    books.take(["B10*PRO-S1*SHP-S1*STOP", "LX*1", "AT7***AB*NA*20260311*0800*CT", "L11*4*QN"])
    tap.equal(books.status("SHP-S1"), "AT_HUB", "a stop that is heard of later takes that back: it was not the last")
    books.take(["B10*PRO-S2*SHP-S2*STOP", "LX*1"] + at7("X3", 10, "0700", "L11*1*QN") + ["LX*2"] + at7("D1", 10, "0900", "L11*2*QN")
               + ["LX*3", "AT7***AB*NA*20260311*0800*CT", "L11*3*QN"])
    tap.equal(books.status("SHP-S2"), "PLANNED", "in one set: delivered at stop 2 of 3")
    books.take(["B10*PRO-S3*SHP-S3*STOP", "N1*CN*STORE", "N4*DALLAS*TX*75201*US", "LX*1"] + at7("D1", 10, "0900", "L11*2*QN"))
    tap.equal(books.status("SHP-S3"), "DELIVERED", "the only stop that is known delivers where it is the destination")
    books.take(["B10*PRO-S4*SHP-S4*STOP", "LX*1"] + at7("AF", 10, "0900", "L11*1*QN") + ["LX*2"] + at7("A7", 10, "1200", "L11*2*QN")
               + ["LX*3"] + at7("D1", 10, "1500", "L11*3*QN"))
    tap.equal(books.status("SHP-S4"), "DELIVERED", "what is refused at a stop before the last does not send the load back")
    books.take(["B10*PRO-S5*SHP-S5*STOP", "LX*1"] + at7("CB", 10, "0900", "L11*2*QN"))
    tap.equal(books.status("SHP-S5"), "DELIVERED", "CB says that all is delivered, at whatever stop")
    planned = books.own.shipment(carrier_scac="STOP", references=[{"kind": "BOL", "number": "BOL-S6"}])["shipment_id"]
    made = [books.own.post("/v1/shipments/%s/stops" % planned, {"seq": 10 * n, "type": kind, "place": {"city": "Stop %d" % n}}, 201)["stop_id"]
            for n, kind in ((1, "PICKUP"), (2, "DELIVERY"), (3, "DELIVERY"))]
    books.take(["B10**BOL-S6*STOP", "LX*1"] + at7("D1", 10, "0900", "L11*2*QN"))
    tap.equal((books.events("BOL-S6")[0]["stop_id"], books.status("BOL-S6"), len(books.stops("BOL-S6"))), (made[1], "PLANNED", 3), "planned stops are meant in their order")
    books.own.events([{"number": "BOL-S6", "source": "driver", "source_event_id": "d-3", "code": "DLV", "event_time": "2026-03-10T20:00:00Z", "stop_id": made[2]}])
    tap.equal(books.status("BOL-S6"), "DELIVERED", "the last of them delivers, also when it is not EDI that tells")
    lone = books.own.shipment(references=[{"kind": "BOL", "number": "BOL-S7"}])["shipment_id"]
    books.own.post("/v1/shipments/%s/stops" % lone, {"type": "DELIVERY", "place": {"city": "Waco"}}, 201)
    books.take(["B10**BOL-S7*STOP", "LX*1"] + at7("D1", 10, "0900", "L11*1*QN"))
    tap.equal(books.status("BOL-S7"), "DELIVERED", "a single planned stop is the last")


def units(tap, run):
    books = Books(tap, run, "units")
    a, b = world.sscc(), world.sscc()
    books.take(["B10*PRO-U1*SHP-U1*PALL", "LX*1"] + at7("D1", 10, "0800", "MAN*GM*" + a))
    event = books.events("SHP-U1")[0]
    tap.equal((event["sscc"], books.status("SHP-U1"), books.status(a)), (a, "PLANNED", "PLANNED"), "a mark is of its unit, and one unit is not the shipment")
    books.take(["B10*PRO-U2*SHP-U2*PALL", "LX*1"] + at7("AF", 9, "0800", "MAN*GM*" + a, "MAN*GM*" + b) + ["LX*2"] + at7("D1", 10, "0800", "MAN*GM*" + a))
    got = books.track("SHP-U2").json
    tap.equal((got["status"], got["part"], len(got["events"])), ("PICKED_UP", {"status": "DELIVERED", "units": 1, "of": 2}, 3), "of two units one is delivered")
    books.take(["B10*PRO-U2*SHP-U2*PALL", "LX*1"] + at7("D1", 10, "1800", "MAN*GM*" + b))
    tap.equal(books.status("SHP-U2"), "DELIVERED", "when both are, the shipment is")
    books.take(["B10*PRO-U3*SHP-U3*PALL", "LX*1"] + at7("D1", 10, "0800", "MAN*GM*" + a) + at7("A7", 10, "0800", "MAN*GM*" + b))
    tap.equal(sorted((e["code"], e["sscc"]) for e in books.events("SHP-U3")), sorted([("DLV", a), ("RFS", b)]), "two marks in one loop are each of their own event")
    made = books.own.shipment(carrier_scac="PALL", references=[{"kind": "BOL", "number": "BOL-U4"}], handling_units=[{"sscc": a}, {"sscc": b}])
    books.take(["B10**BOL-U4*PALL", "LX*1"] + at7("D1", 10, "0800", "MAN*GM*" + a))
    got = books.track("BOL-U4").json
    tap.equal((got["shipment_id"], got["status"], got["part"]["units"]), (made["shipment_id"], "PLANNED", 1), "units of a planned shipment are found")


# --- one set, many shipments; numbers that many have (2.2, 2.3) -----------------------------------

def many(tap, run):
    books = Books(tap, run, "many")
    loops = []
    for number, code in ((1, "D1"), (2, "A7"), (3, "D1")):
        loops += ["LX*%d" % number] + at7(code, 10, "0800", "L11*BOL-M%d*BM" % number)
    body = books.take(["B10*MANIFEST-1*TRIP-1*MANY"] + loops)
    one = body["sets"][0]
    tap.equal((one["verdict"], one["accepted"], one["duplicates"], len(one["shipments"])), ("ACCEPTED", 3, 0, 3), "three bills of lading in a set are three shipments")
    tap.equal([(books.status("BOL-M%d" % n), len(books.events("BOL-M%d" % n))) for n in (1, 2, 3)], [("DELIVERED", 1), ("RETURNING", 1), ("DELIVERED", 1)], "each with its own event")
    tap.equal(({s["shipment_id"] for s in books.shipments("TRIP-1")}, len(books.shipments("MANIFEST-1"))), ({s["shipment"]["shipment_id"] for s in one["shipments"]}, 3),
              "the numbers of the trip name all of them")
    books.take(["B10*MANIFEST-2*TRIP-2*MANY", "LX*1"] + at7("X4", 11, "0800", "L11*BOL-M1*BM") + ["LX*2"] + at7("X4", 11, "0900", "L11*BOL-M4*BM"))
    tap.equal((len(books.events("BOL-M1")), len(books.events("BOL-M4")), len(books.shipments("BOL-M1"))), (2, 1, 1), "a later set finds each again")
    loops = []
    for number in range(240):
        load = number // 4
        loops += ["LX*%d" % (number + 1)] + at7(("X3", "AF", "X1", "D1")[number % 4], 10, "0800", "L11*LOAD%05d*BM" % load, "L11*PRO%05d*CN" % load, "L11*77*PO")
    one = books.take(["B10*MANIFEST-3*TRIP-3*MANY"] + loops)["sets"][0]
    tap.equal((one.get("accepted"), one.get("duplicates"), len(one.get("shipments", []))), (240, 0, 60), "240 loops of 60 loads at one dock in one minute: no event is thrown away",
              (one["verdict"], one["problem"], one["warnings"][:3]))
    tap.equal([n for n in range(60) if len(books.events("LOAD%05d" % n)) != 4 or books.status("PRO%05d" % n) != "DELIVERED"], [], "and each load has its four")
    again = books.take(["B10*MANIFEST-3*TRIP-3*MANY"] + loops)["sets"][0]
    tap.equal((again["accepted"], again["duplicates"]), (0, 240), "the same told again is known again")
    books.take(["B10*PRO-ST*SHP-ST*MANY", "LX*1"] + at7("D1", 10, "0800", "L11*2*QN", "L11*BOL-X*BM") + ["LX*2"] + at7("D1", 10, "1200", "L11*3*QN", "L11*BOL-Y*BM"))
    tap.equal(books.track("BOL-X").json["shipment_id"], books.track("BOL-Y").json["shipment_id"], "loops with stop numbers are stops of one load, whatever is unloaded there")
    one = books.take(["B10*PRO-PT*SHP-PT*MANY", "LX*1"] + at7("X3", 10, "0800", "L11*BOL-P1*BM") + ["LX*2", "AT7*X3*NS***20271231*0800*CT", "L11*BOL-P2*BM"])["sets"][0]
    tap.equal((one["verdict"], one["accepted"], [r["index"] for r in one["rejected"]], books.status("BOL-P2")), ("ACCEPTED", 1, [1], 404), "of two shipments the one of which nothing could be stored is not there")


def shared(tap, run):
    books = Books(tap, run, "shared")
    for number, (code, day) in enumerate((("AF", 10), ("D1", 10)), 1):
        for kind in ("PO", "CR", "MB", "BN"):
            books.take(["B10*PRO-%s%d**POPO" % (kind, number), "L11*SAME-%s*%s" % (kind, kind), "LX*1"] + at7(code, day, "0%d00" % (7 + number)))
    for kind in ("PO", "CR", "MB", "BN"):
        tap.equal((books.status("PRO-%s1" % kind), books.status("PRO-%s2" % kind), len(books.shipments("SAME-" + kind))), ("PICKED_UP", "DELIVERED", 2),
                  "a number of kind %s that two shipments share does not merge them, and names both" % kind)
    for number, code in ((1, "AF"), (2, "D1")):
        books.take(["B10*PRO-B%d**POPO" % number, "L11*SAME-BOL*BM", "LX*1"] + at7(code, 10, "0800"))
    tap.equal((books.status("PRO-B1"), books.status("PRO-B2")), ("PICKED_UP", "DELIVERED"), "nor does a bill of lading where the carrier's numbers differ")
    mine = books.own.shipment(references=[{"kind": "PO", "number": "PO-MINE"}])["shipment_id"]
    books.take(["B10*PRO-M1**POPO", "L11*PO-MINE*PO", "LX*1"] + at7("AF", 10, "0800"))
    tap.equal(books.track("PRO-M1").json["shipment_id"], mine, "a purchase order finds the one shipment that has it and no other number")
    books.take(["B10*PRO-M2**POPO", "L11*PO-MINE*PO", "LX*1"] + at7("D1", 10, "0800"))
    tap.ok(books.track("PRO-M2").json["shipment_id"] != mine and books.status("PRO-M1") == "PICKED_UP", "and then no other one")
    two = {books.own.shipment(references=[{"kind": "PO", "number": "PO-TWO"}])["shipment_id"] for _ in range(2)}
    books.take(["B10***POPO", "L11*PO-TWO*PO", "LX*1"] + at7("D1", 10, "0800"))
    tap.ok(books.track("PO-TWO").json["shipment_id"] not in two and len(books.shipments("PO-TWO")) == 3, "of two that have it none is guessed")


# --- control numbers, tests, profiles (2.4, 2.7) --------------------------------------------------

def control(tap, run):
    books = Books(tap, run, "control")
    bad = x12([["B10*PRO-R1*SHP-R1*RSND", "LX*1", "AT7*D1*NS***260310*0800*CT"]], control=7)
    first = books.send(bad).json
    tap.equal((first["verdict"], books.status("SHP-R1")), ("REJECTED", 404), "a file of which nothing can be applied leaves nothing behind")
    good = x12([["B10*PRO-R1*SHP-R1*RSND", "LX*1"] + at7("AF", 10, "0800")], control=7)
    second = books.send(good).json
    tap.equal((second["verdict"], second["warnings"], books.status("SHP-R1")), ("ACCEPTED", [], "PICKED_UP"), "and its number is free for the corrected one")
    third = books.send(good).json
    tap.equal((third["verdict"], third["duplicate"], len(books.events("SHP-R1"))), ("DUPLICATE", True, 1), "the same bytes again are a duplicate")
    fourth = books.take(["B10*PRO-R1*SHP-R1*RSND", "LX*1"] + at7("D1", 11, "0800"), control=7)
    tap.equal((fourth["verdict"], [w["code"] for w in fourth["warnings"]], books.status("SHP-R1")), ("ACCEPTED", ["control_reused"], "DELIVERED"),
              "other content under the number is applied, and it is said")
    twice = good.replace(b"SHP-R1", b"SHP-R2")
    tap.equal([s["verdict"] for s in books.send(twice + twice).json["sets"]], ["ACCEPTED", "DUPLICATE"], "twice in one file counts once")
    tap.equal(books.take(["B10*PRO-R3*SHP-R3*RSND", "LX*1"] + at7("AF", 10, "0800"), control=7, receiver="ZZ:OTHER")["warnings"], [], "numbers to another receiver are others")

    profile = books.own.post("/v1/edi/partners", {"sender": "ZZ:PARKER", "receiver": "ZZ:HANSA", "number_reuse": "PARK"}, 201)
    books.take(["B10*PRO-P1*SHP-P1*RSND", "LX*1"] + at7("AF", 10, "0800"), sender="ZZ:PARKER", control=9)
    parked = [books.take(["B10*PRO-P1*SHP-P1*RSND", "LX*1"] + at7(code, 11, "0800"), sender="ZZ:PARKER", control=9) for code in ("X4", "D1")]
    tap.equal([(p["verdict"], p["steps"], [s["verdict"] for s in p["sets"]]) for p in parked], [("PARKED", ["apply", "discard"], ["PARKED"])] * 2, "parked where the profile says so")
    tap.equal((books.status("SHP-P1"), {m["message_id"] for m in books.own.get("/v1/edi/messages?verdict=PARKED").json["data"]}), ("PICKED_UP", {p["message_id"] for p in parked}),
              "which applies nothing, and is found by a filter")
    step = "/v1/edi/messages/%s/%s"
    done = books.own.post(step % (parked[1]["message_id"], "apply"), None)
    tap.equal((done["verdict"], done["steps"], books.status("SHP-P1")), ("ACCEPTED", [], "DELIVERED"), "a step applies it")
    done = books.own.post(step % (parked[0]["message_id"], "discard"), None)
    tap.equal((done["verdict"], [s["verdict"] for s in done["sets"]], len(books.events("SHP-P1"))), ("DISCARDED", ["DISCARDED"], 2), "or discards it")
    for message, verb in ((parked[0], "apply"), (parked[1], "discard"), (second, "apply")):
        answer = run.ask("POST", step % (message["message_id"], verb), None, books.own.key)
        tap.ok(answer.status == 409 and client.problem_code(answer) == "exchange/message_status" and answer.json["steps"] == [], "what is done is done: " + verb, answer)
    tap.equal(books.own.post(step % (first["message_id"], "apply"), None)["verdict"], "REJECTED", "what was rejected can be tried again")

    test = x12([["B10*PRO-T1*SHP-T1*TSTA", "LX*1"] + at7("X3", 10, "0800")], sender="ZZ:TESTER", control=1, usage="T")
    body = books.send(test).json
    tap.equal((body["verdict"], body["usage"], body["sets"][0]["verdict"], body["sets"][0]["events"][0]["code"], books.status("SHP-T1")), ("TEST", "T", "TEST", "APU", 404),
              "a test is read and reported, and applied to nothing")
    body = books.take(["B10*PRO-T1*SHP-T1*TSTA", "LX*1"] + at7("D1", 10, "0800"), sender="ZZ:TESTER", control=1)
    tap.equal((body["verdict"], body["warnings"], books.status("SHP-T1")), ("ACCEPTED", [], "DELIVERED"), "its number is not taken")
    path = "/v1/edi/partners/" + profile["edi_partner_id"]
    changed = run.ask("PATCH", path, {"usage": "TEST"}, books.own.key, {"if-match": books.own.get(path).headers["etag"]})
    tap.ok(changed.status == 200 and changed.json["usage"] == "TEST", "a profile is changed", changed)
    body = books.take(["B10*PRO-P9*SHP-P9*RSND", "LX*1"] + at7("AF", 10, "0800"), sender="ZZ:PARKER")
    tap.equal((body["verdict"], books.status("SHP-P9")), ("TEST", 404), "who is still being tried out sends tests, whatever ISA15 says")
    entry = books.own.get("/v1/audit?object_kind=edi_partner").json["data"]
    tap.ok(any(e["changes"].get("usage") for e in entry), "and the change is on record", entry)


def profiles(tap, run):
    books = Books(tap, run, "profiles")
    sound = ["B10*PRO-F1*SHP-F1*PROF", "LX*1"] + at7("AF", 10, "0800")
    tap.equal(books.take(sound, sender="ZZ:NOBODY")["verdict"], "ACCEPTED", "strangers are taken by default")
    books.own.post("/v1/edi/partners", {"sender": "ZZ:KNOWN", "receiver": "ZZ:HANSA", "strangers": "REFUSE"}, 201)
    tap.equal(books.take(sound, sender="ZZ:KNOWN")["verdict"], "ACCEPTED", "who has a profile is none")
    for sender, receiver, status in (("ZZ:NOBODY", "ZZ:HANSA", 422), ("ZZ:KNOWN", "ZZ:ELSE", 422), ("ZZ:NOBODY", "ZZ:ELSE", 200)):
        file = x12([["B10*PRO-F2*SHP-F2*PROF", "LX*1"] + at7("AF", 10, "0800")], sender=sender, receiver=receiver)
        answer = books.send(file)
        tap.equal(answer.status, status, "%s to %s: %d" % (sender, receiver, status), answer)
        if status == 422:
            kept = books.own.get(answer.headers["location"]).json
            tap.ok(kept["verdict"] == "REFUSED" and kept["reason"]["code"] == "stranger" and books.content(kept["message_id"]).body == file and books.status("SHP-F2") == 404,
                   "refused, kept, and applied to nothing", kept)
    books.own.post("/v1/edi/partners", {"sender": "ZZ:ZONED", "zone": "Asia/Tokyo", "carrier_scac": "TOKY"}, 201)
    books.take(["B10*PRO-Z1", "LX*1", "AT7*AF*NS***20260310*0800"], sender="ZZ:ZONED")
    got = books.track("PRO-Z1").json
    tap.equal((got["carrier_scac"], got["events"][0]["event_time"]), ("TOKY", "2026-03-09T23:00:00Z"), "zone and carrier of the profile count where the message says none")
    answer = run.ask("POST", "/v1/edi/partners", {"sender": "ZZ:ZONED"}, books.own.key)
    tap.ok(answer.status == 409 and client.problem_code(answer) == "exchange/edi_partner_taken", "one profile for a sender and receiver", answer)
    for body, code in (({"sender": "ZONED"}, "exchange/edi_id_unclear"), ({"sender": "ZZ:A", "zone": "Mars/Base"}, "exchange/zone_unknown"), ({"sender": "ZZ:A", "usage": "P"}, "core/invalid")):
        answer = run.ask("POST", "/v1/edi/partners", body, books.own.key)
        tap.ok(answer.status == 422 and client.problem_code(answer) == code, "refused: %s" % body, answer)
    tap.equal([p["sender"] for p in books.own.get("/v1/edi/partners?sender=ZZ:KNOWN").json["data"]], ["ZZ:KNOWN"], "profiles are listed")


# --- carriers, lost events, what is kept (2.5, 2.6, 2.8, 2.9) -------------------------------------

def carriers(tap, run):
    books = Books(tap, run, "carriers")
    for number, code in ((1, "AF"), (2, "D1")):
        books.take(["B10*PRO-N1", "LX*1"] + at7(code, 9 + number, "0800"), sender="ZZ:PNOSCAC")
        books.take(["B10*PRO-N2**abcd", "LX*1"] + at7(code, 9 + number, "0800"), sender="ZZ:PNOSCAC")
        books.take(["B10*PRO-N3", "LX*1"] + at7(code, 9 + number, "0800"), sender="02:HXFL")
        books.take(["B10*PRO-N4**%s" % ("WXYZ" if number == 1 else ""), "LX*1"] + at7(code, 9 + number, "0800"), sender="ZZ:MIXED")
    for number, scac in ((1, None), (2, "ABCD"), (3, "HXFL"), (4, "WXYZ")):
        found = books.shipments("PRO-N%d" % number)
        tap.equal([(s["status"], s["carrier_scac"], len(s["events"])) for s in found], [("DELIVERED", scac, 2)], "PRO-N%d: both messages are of one shipment" % number)
    books.take(["B10*PRO-N1", "LX*1"] + at7("AF", 10, "0800"), sender="ZZ:ANOTHER")
    tap.equal(len(books.shipments("PRO-N1")), 2, "the same number of another sender is another carrier's")
    body = books.take(["B10*%s**ABCD" % ("9" * 65), "LX*1"] + at7("AF", 10, "0800"))
    tap.equal((body["verdict"], body["sets"][0]["problem"]["code"]), ("REJECTED", "no_shipment_key"), "a shipment that nobody could ever find is not made")


def lost(tap, run):
    books = Books(tap, run, "lost")
    body = books.take(["B10*PRO-7*SHP-7N*NODT", "LX*1"] + at7("X3", 10, "0800") + ["LX*2", "AT7*X6*NS", "LX*3"] + at7("D1", 11, "0800"))
    one = body["sets"][0]
    tap.equal((one["verdict"], one["accepted"], [(r["index"], r["code"]) for r in one["rejected"]], books.status("SHP-7N")),
              ("ACCEPTED", 2, [(1, "exchange/date_unreadable")], "DELIVERED"), "one event without a date costs one event")
    before = run.database.sql("select count(*) from orders.shipment")
    for what, segments, code in (("a future event", ["AT7*D1*NS***20991231*0800*CT"], "nothing_stored"), ("no event", [], "no_events"),
                                 ("an unreadable one", ["AT7*D1*NS***20261399*0800*CT"], "date_unreadable")):
        one = books.take(["B10*PRO-8*SHP-8F*FUTR", "LX*1"] + segments)["sets"][0]
        tap.equal((one["verdict"], one["problem"]["code"], books.status("SHP-8F")), ("REJECTED", code, 404), "%s alone: the set is rejected" % what)
    tap.equal(run.database.sql("select count(*) from orders.shipment"), before, "and no empty shipment stays behind")
    one = books.take(["B10*PRO-7*SHP-7N*NODT", "LX*1", "AT7*D1*NS***20991231*0800*CT"])["sets"][0]
    tap.equal((one["verdict"], len(books.events("SHP-7N"))), ("REJECTED", 2), "nor is a set accepted of which a known shipment got nothing")
    for name, end, control in (("LF", b"\n", 1), ("CR LF", b"\r\n", 2)):
        file = x12([["B10*PRO-6*SHP-6T*TILD", "LX*1"] + at7("X3", 10, "080%d" % control)], sender="ZZ:TILDE", control=control)
        tap.equal(books.send(file.replace(b"~\n", end).replace(b"*>" + end, b"*~" + end)).json["verdict"], "ACCEPTED", "~ as component separator and %s as terminator" % name)
    tap.equal(len(books.events("SHP-6T")), 2, "both are in the books")


def kept(tap, run):
    books = Books(tap, run, "kept")
    body = books.take(["B10*PRO-K1*SHP-K1*KEPT", "MS3*KEPT*B**M", "L11*0603764300*TN", "LX*1"]
                      + at7("D1", 10, "0800", "MS2*KEPT*T5321*TL", "L11*66001*LO", "AT8*G*L*18250*22", "Q7*D*PCS*2", "K1*SIGNED BY*J SMITH", "NM1*DR*1*DOE*JOHN", "OID*ORD-77*PO-4711",
                            "M7*SEAL-9", "DTM*017*20260312*1500"))
    one = body["sets"][0]
    tap.ok(not [n for n in ("0603764300", "66001", "ORD-77", "PO-4711", "SEAL-9") if books.status(n) != "DELIVERED"], "numbers of whatever kind find the shipment", one)
    event = books.events("SHP-K1")[0]
    more = event["details"]
    tap.equal((more["equipment"], more["weight"]["value"], more["weight"]["pieces"], more["signer"]), (["KEPT", "T5321", "TL"], "18250", "22", "J SMITH"), "equipment, weight and who signed stand at the event")
    tap.ok("Q7*D*PCS*2" in more["segments"] and "NM1*DR*1*DOE*JOHN" in more["segments"], "and so does what has no member of its own", more)
    tap.equal(event["eta"], "2026-03-12T20:00:00Z", "a new estimate beside an event is its ETA")
    tap.ok({"MS3", "AT8", "Q7", "K1", "NM1", "OID", "M7", "DTM"} <= {k["segment"] for k in one["kept"]}, "the report names every segment that has no member", one["kept"])
    books.take(["B10*PRO-K2*SHP-K2*KEPT", "L11*PO-A^PO-B*PO", "LX*1"] + at7("X3", 10, "0800"), version="00501", repetition="^")
    tap.equal((books.status("PO-A"), books.status("PO-B")), ("PLANNED", "PLANNED"), "repeated elements are numbers each")
    books.take(["B10*PRO-K3*SHP-K3*KEPT", "LX*1"] + at7("X3", 10, "0800") + at7("X6", 10, "0900", place=None) + at7("D1", 10, "1000", place="NEW YORK*NY*US"))
    books.take(["B10*PRO-K4*SHP-K4*KEPT", "LX*1"] + at7("X3", 10, "0800", place="PUNE**IND") + ["LX*2"] + at7("X4", 10, "0900", place="LYON**fr"))
    tap.equal(sorted(e["place"]["country"] for e in books.events("SHP-K4")), ["FR", "IN"], "countries in three letters or small ones are countries")
    tap.equal({e["raw_code"]: (e["place"] or {}).get("city") for e in books.events("SHP-K3")}, {"X3": "DALLAS", "X6": None, "D1": "NEW YORK"}, "no place is invented")


def bytes_kept(tap, run):
    books = Books(tap, run, "bytes")
    edifact = b"UNB+UNOA:1+A+B+260301:1200+1'UNH+1+IFTSTA:D:96A:UN'FTX+AAI+++AT ST*214*1 GS*QM'UNT+3+1'UNZ+1+1'"
    for what, file, kind, family in (("EDIFACT", edifact, "application/edifact", "EDIFACT"), ("EDIFACT behind a byte order mark", b"\xef\xbb\xbf" + edifact, "text/plain; charset=utf-8", "EDIFACT"),
                                     ("bytes", bytes(range(256)), "application/octet-stream", "OTHER"), ("JSON", b'{"a": 1}', "application/x12", "OTHER")):
        answer = books.send(file, kind=kind)
        message = books.own.get(answer.headers["location"]).json
        content = books.content(message["message_id"])
        tap.ok(answer.status == 422 and (message["verdict"], message["format"]) == ("REFUSED", family) and content.body == file, "%s is refused, kept and given back" % what, answer)
        tap.ok(family != "EDIFACT" or "EDIFACT" in answer.json["detail"], "and called by its name: " + what, answer)
    sound = x12([["B10*PRO-C1*SHP-C1*BYTE", "LX*1"] + at7("AF", 10, "0800")])
    for number, kind in enumerate(("application/edi-x12", "application/EDI-X12", "application/x12", "application/edi-consent", "application/octet-stream", "text/plain")):
        body = books.send(sound.replace(b"C1", b"C%d" % number), kind=kind)
        tap.ok(body.status == 200 and body.json["verdict"] == "ACCEPTED", "taken as " + kind, body)
    content = books.content(body.json["message_id"])
    tap.equal((content.body, content.headers["content-type"]), (sound.replace(b"C1", b"C5"), "application/edi-x12"), "a file comes back as it came")
    tap.equal(run.ask("GET", "/v1/edi/messages/%s/content" % body.json["message_id"], key=run.world("bytes-b", full=False).key).status, 404, "to its own tenant alone")
    folder = os.path.realpath(hansa.SAMPLES)
    files = [f for f in sorted(glob.glob(os.path.join(folder, "*", "*.edi"))) if "x12-214" not in f]
    if not files:
        tap.skip("what is not read yet is kept and blocks nothing", "no samples here")
        return
    wrong = []
    for path in files:
        with open(path, "rb") as text:
            file = text.read()
        answers = [books.send(file) for _ in range(2)]
        ids = [a.json["message_id"] if a.status == 200 else a.headers.get("location", "").rsplit("/", 1)[-1] for a in answers]
        reports = [books.own.get("/v1/edi/messages/" + i).json for i in ids]
        if [r["verdict"] for r in reports] not in (["REJECTED"] * 2, ["REFUSED"] * 2, ["TEST"] * 2) or books.content(ids[0]).body != file:
            wrong.append("%s: %s %s" % (os.path.basename(path), [r["verdict"] for r in reports], answers))
        if "edifact" in path and "corrupt" not in path and reports[0]["format"] != "EDIFACT":
            wrong.append("%s is EDIFACT" % os.path.basename(path))
    tap.ok(not wrong, "%d samples of what is not read yet: kept, said, and no number of theirs is taken" % len(files), "\n".join(wrong[:6]))


def main():
    tap = hansa.Tap()
    run = client.Run("edi", max_running_tenant=100)
    with run:
        for part in (stops, units, many, shared, control, profiles, carriers, lost, kept, bytes_kept, samples):
            part(tap, run)
        tap.equal(run.database.sql("select count(*) from tracking.shipment_status s, tracking.status_derive(s.tenant_id, array[s.shipment_id]) d where s is distinct from d"),
                  "0", "after all of it every status is what its events say")
    run.verdict(tap)
    tap.done()


main()
