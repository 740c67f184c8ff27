#!/usr/bin/env python3
"""EDI files over HTTP: what an upload accepts, warns of and refuses (standards.md section 3), duplicates, files that are cut at
any place, tenants apart, and every file of the samples when they are there."""
import glob
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import world

PICKED = ("AF", "20260301", "0900", "CT", "JOLIET", "IL")
LEFT = ("P1", "20260301", "1100", "CT", "JOLIET", "IL")
DONE = ("D1", "20260303", "1500", "ET", "NEW YORK", "NY")


def post(run, own, text, query=""):
    return run.ask("POST", "/v1/edi/messages" + query, text if isinstance(text, bytes) else text.encode(), own.key, world.EDI)


def verdicts(answer):
    body = answer.json
    return body["verdict"], [s["verdict"] for s in body["sets"]]


def one_way(tap, run, a, b):
    load = world.unique("LD")
    pro = world.unique("PR")
    answer = post(run, a, world.edi_214(control=11, sets=[(pro, load, [PICKED, LEFT])]))
    body = answer.json
    tap.equal(verdicts(answer), ("ACCEPTED", ["ACCEPTED"]), "a sound file is accepted")
    said = body["sets"][0]
    tap.ok(said["shipment"]["is_new"] and said["accepted"] == 2 and [e["code"] for e in said["events"]] == ["PUP", "DEP"], "what was understood is told", said)
    for number in (pro, load, said["shipment"]["tracking_number"]):
        got = a.get("/v1/tracking/" + number)
        tap.ok(got.status == 200 and got.json["status"] == "IN_TRANSIT" and got.json["shipment_id"] == said["shipment"]["shipment_id"], "A tracks it by " + number, got)
        tap.equal(b.get("/v1/tracking/" + number).status, 404, "B does not")
    event = a.get("/v1/tracking/" + pro).json["events"][0]
    tap.equal((event["event_time"], event["zone"], event["raw_code"], event["place"]["city"]), ("2026-03-01T17:00:00Z", event["zone"], "P1", "JOLIET"),
              "time, raw code and place are kept")
    second = post(run, a, world.edi_214(control=12, sets=[(pro, load, [DONE])]))
    said = second.json["sets"][0]["shipment"]
    tap.ok(not said["is_new"] and said["matched_by"] and a.get("/v1/tracking/" + pro).json["status"] == "DELIVERED", "the next message finds the shipment", said)
    other = post(run, b, world.edi_214(control=11, sets=[(pro, load, [PICKED])]))
    tap.ok(other.json["verdict"] == "ACCEPTED" and other.json["sets"][0]["shipment"]["is_new"], "the same numbers from the same sender are B's own business (T8)", other)
    kept = a.get("/v1/edi/messages/" + body["message_id"])
    tap.equal(kept.json, body, "the report can be read again")
    tap.equal(b.get("/v1/edi/messages/" + body["message_id"]).status, 404, "not by B")
    mine = a.shipment(carrier_scac="QQTS", references=[{"kind": "BOL", "number": world.unique("MY")}])
    third = post(run, a, world.edi_214(control=13, sets=[(world.unique("NEW"), mine["references"][0]["number"], [PICKED])]))
    tap.equal(third.json["sets"][0]["shipment"]["shipment_id"], mine["shipment_id"], "a message finds the shipment that was made by hand")


def repeats(tap, run, own):
    text = world.edi_214(control=21, sets=[(world.unique("PR"), world.unique("LD"), [PICKED, LEFT])])
    first = post(run, own, text)
    tap.equal(verdicts(first), ("ACCEPTED", ["ACCEPTED"]), "the first of its control number is applied")
    events = run.database.sql("select count(*) from tracking.event")
    again = post(run, own, text)
    tap.ok(again.status == 200 and again.json["duplicate"] and again.json["verdict"] == "DUPLICATE", "the same control number again: 200, duplicate", again)
    tap.equal(run.database.sql("select count(*) from tracking.event"), events, "and not applied")
    tap.ok(again.json["message_id"] != first.json["message_id"] and own.get("/v1/edi/messages/" + again.json["message_id"]).status == 200, "but kept")
    changed = world.edi_214(control=21, sets=[(world.unique("PR"), world.unique("LD"), [DONE])])
    other = post(run, own, changed).json
    tap.ok(other["verdict"] == "ACCEPTED" and [w["code"] for w in other["warnings"]] == ["control_reused"], "other content under the same control number is applied, and said", other)
    tap.equal(post(run, own, world.edi_214(sender="QQTU", control=21, sets=[(world.unique("PR"), world.unique("LD"), [DONE])])).json["duplicate"], False,
              "the same control number of another sender is not")
    race = world.edi_214(control=22, sets=[(world.unique("PR"), world.unique("LD"), [PICKED, LEFT, DONE])])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(run, own, race), range(4)))
    tap.equal(sorted(a.json["duplicate"] for a in answers), [False, True, True, True], "four times at once: applied once")
    pro = world.unique("PR")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: post(run, own, world.edi_214(control=31 + i, sets=[(pro, "L" + pro, [PICKED])])), range(4)))
    ids = {a.json["sets"][0]["shipment"]["shipment_id"] for a in answers}
    tap.equal(len(ids), 1, "four files at once about one new shipment make one shipment")


def partly(tap, run, own):
    pros = [world.unique("PR") for _ in range(4)]
    text = world.edi_214(control=41, sets=[(p, "L" + p, [PICKED]) for p in pros])
    bad = text.replace("ST*214*0002", "ST*998*0002").replace("B10*%s*L%s" % (pros[2], pros[2]), "B10**").replace("L11*L%s*BM" % pros[2], "L11*X*ZZ")
    answer = post(run, own, bad)
    verdict, sets = verdicts(answer)
    tap.ok(verdict == "PARTLY" and sets == ["ACCEPTED", "REJECTED", "REJECTED", "ACCEPTED"], "an unknown set and one without a key are rejected, the others go on", answer)
    tap.ok(all(s["problem"] for s in answer.json["sets"] if s["verdict"] == "REJECTED"), "and each says why")
    tap.equal([own.get("/v1/tracking/" + p).status for p in pros], [200, 404, 404, 200], "only those that were accepted are there")
    pro = world.unique("PR")
    answer = post(run, own, world.edi_214(control=42, sets=[(pro, "L" + pro, [PICKED, ("AF", "20261399", "0900", "CT", "X", "IL"), ("ZZ", "20260302", "0900", "CT", "X", "IL")])]))
    tap.ok(answer.status == 200 and not [s for s in answer.json["sets"] if s["verdict"] == "ACCEPTED" and not s["warnings"]],
           "a date that is not and a status that nobody knows: rejected, or warned of", answer)
    for what, change in (("SE count wrong", ("SE*7*", "SE*9*")), ("GE count wrong", ("GE*1*", "GE*3*")), ("IEA control wrong", ("IEA*1*000000", "IEA*1*990000"))):
        control = {"SE": 51, "GE": 52, "IE": 53}[what[:2]]
        pro = world.unique("PR")
        text = world.edi_214(control=control, sets=[(pro, "L" + pro, [PICKED])])
        answer = post(run, own, text.replace(*change))
        warned = answer.status == 200 and (answer.json["warnings"] or answer.json["sets"][0]["warnings"])
        tap.ok(change[0] in text and warned and answer.json["verdict"] == "ACCEPTED", what + ": accepted with a warning", answer)
    for control, (what, options, change) in enumerate((
            ("CR LF", {"ends": "~\r\n"}, None), ("no line ends", {"ends": "~"}, None), ("LF alone as terminator", {"ends": "\n"}, None), ("other separators", {"elements": "|", "components": ">", "ends": "'\n"}, None),
            ("control signs as separators", {"elements": "\x1d", "components": "\x1f", "ends": "\x1e"}, None), ("a byte order mark", {}, lambda t: b"\xef\xbb\xbf" + t),
            ("blank lines before and after", {}, lambda t: b"\r\n \n" + t + b"\n \n\n"), ("indented", {}, lambda t: t.replace(b"\n", b"\n      "))), 61):
        pro = world.unique("PR")
        text = world.edi_214(control=control, sets=[(pro, "L" + pro, [PICKED])], **options).encode()
        answer = post(run, own, change(text) if change else text)
        tap.ok(answer.status == 200 and verdicts(answer) == ("ACCEPTED", ["ACCEPTED"]) and not answer.json["warnings"] and not answer.json["sets"][0]["warnings"],
               "accepted in silence: " + what, answer)


def cut(tap, run, own):
    """A file cut at any place is refused, or what stands in it is stored whole and said; never half a set."""
    pros = [world.unique("PR") for _ in range(3)]
    control = 71
    text = world.edi_214(control=control, sets=[(p, "L" + p, [PICKED, LEFT]) for p in pros]).encode()
    rng, wrong, stored = random.Random(9), [], 0
    places = sorted(set([0, 1, 50, 105, 106, 107, len(text) - 2] + [rng.randrange(len(text)) for _ in range(60)]))
    for place in places:
        before = client_counts(run)
        answer = post(run, own, text[:place].replace(b"%09d" % control, b"%09d" % (100 + place)))
        after = client_counts(run)
        if answer.status == 422:
            if before[:2] != after[:2] or client.problem_code(answer) != "exchange/edi_refused":
                wrong.append("cut at %d: refused, but %s became %s" % (place, before, after))
        elif answer.status != 200:
            wrong.append("cut at %d: %r" % (place, answer))
        else:
            accepted = [s for s in answer.json["sets"] if s["verdict"] == "ACCEPTED"]
            stored += len(accepted)
            whole = text[:place].count(b"\nSE*")
            if len(accepted) > whole:
                wrong.append("cut at %d: %d sets accepted of %d whole ones: %s" % (place, len(accepted), whole, [s["warnings"] for s in accepted]))
            if after[0] - before[0] != sum(s["accepted"] for s in accepted):
                wrong.append("cut at %d: the report tells another number of events" % place)
    tap.ok(not wrong, "a file cut at %d places stores nothing half" % len(places), "\n".join(wrong[:6]))
    before = client_counts(run)
    for what, body in (("empty", b""), ("blanks", b"  \n"), ("JSON", b'{"a":1}'), ("no envelope", text[text.index(b"ST*"):]), ("EDIFACT", b"UNA:+.? 'UNB+UNOA:1+A+B+260301:1200+1'UNZ+0+1'"),
                       ("the tag misspelt", b"SA" + text[3:]), ("zeros", b"\0" * 500), ("bytes", bytes(rng.randrange(256) for _ in range(5000))),
                       ("ISA again and again", b"ISA*" * 20000), ("separators alone", b"ISA" + b"*" * 103 + b"~" * 5000)):
        answer = post(run, own, body)
        tap.ok(answer.status == 422 and client.problem_code(answer) == "exchange/edi_refused", "no X12: %s is refused" % what, answer)
    after = client_counts(run)
    tap.equal((after[:2], after[2] - before[2]), (before[:2], 9), "what was refused is kept, but for what has no bytes, and not applied")


def client_counts(run):
    return [int(n) for n in run.database.sql("select (select count(*) from tracking.event) || ' ' || (select count(*) from orders.shipment) || ' ' || "
                                             "(select count(*) from exchange.edi_message)").split(" ")]


def hostile(tap, run, own):
    pro = world.unique("PR")
    sets, control = [(pro, "L" + pro, [PICKED])], 80000
    for what, change in (("a NUL in a name", (b"JOLIET", b"JOL\0ET")), ("bytes that are no UTF-8", (b"JOLIET", b"JOLI\xff\xfe")), ("a bidi control", (b"JOLIET", "JOL\u202eET".encode())),
                         ("a city of 60,000 signs", (b"JOLIET", b"J" * 60000)), ("a segment of 70,000 signs", (b"JOLIET", b"J" * 70000)), ("2,000 elements", (b"*IL*US", b"*IL*US" + b"*" * 2000)),
                         ("a PRO of 500 signs", (b"B10*" + pro.encode(), b"B10*" + b"9" * 500)), ("SQL in a reference", (b"L11*L", b"L11*');drop table x;--")),
                         ("a year of nobody", (b"20260301", b"99990301")), ("the year 1", (b"20260301", b"00010301"))):
        control += 1
        text = world.edi_214(control=control, sets=sets).encode()
        answer = post(run, own, text.replace(*change))
        tap.ok(answer.status in (200, 422), "survives " + what, answer)
        if answer.status == 200:
            tap.equal(own.get("/v1/edi/messages/" + answer.json["message_id"]).json, answer.json, "and tells it again")
    many = world.edi_214(control=90001, sets=[(world.unique("BULK"), world.unique("BL"), [PICKED, LEFT]) for _ in range(300)])
    begun = time.monotonic()
    answer = post(run, own, many)
    hansa.note("300 sets: %.2f s" % (time.monotonic() - begun))
    tap.ok(answer.status == 200 and verdicts(answer) == ("ACCEPTED", ["ACCEPTED"] * 300), "300 sets in one file",
           answer.status == 200 and [s for s in answer.json["sets"] if s["verdict"] != "ACCEPTED"][:3] or answer)
    events = "".join("LX*%d~\nAT7*X6*NS***20260301*%02d%02d*CT~\n" % (i, i // 60 % 24, i % 60) for i in range(10000))
    text = world.edi_214(control=90002, sets=[(world.unique("LOOPS"), world.unique("LL"), [PICKED])]).replace("LX*1~\n", events + "LX*1~\n")
    answer, took = client.eventually(lambda: post(run, own, text), 1)
    tap.ok(answer.status in (200, 413, 422, 503) and took < 120, "10,000 loops in a set are answered in time", "%s %.1f s" % (answer.status, took))
    hansa.note("10,000 loops: %d, %d bytes, %.2f s" % (answer.status, len(text), took))


def samples(tap, run, own, other_tenant):
    folder = os.path.realpath(hansa.SAMPLES)
    if not os.path.isdir(os.path.join(folder, "x12-214")):
        tap.skip("the samples are accepted, warned of and refused as standards.md says", "no samples here")
        return
    with open(os.path.join(folder, "x12-214", "facts.json"), encoding="utf-8") as file:
        facts = json.load(file)
    for name, fact in sorted(facts.items()):
        with open(os.path.join(folder, "x12-214", name), "rb") as file:
            text = file.read()
        at = text.find(b"ISA") + 102
        answer = post(run, own, text if "fragment" in name else text[:at] + b"P" + text[at + 1:])  # tests are applied to nothing
        if "fragment" in name:
            tap.ok(answer.status == 422 and client.problem_code(answer) == "exchange/edi_refused", "sample %s has no envelope and is refused" % name, answer)
            continue
        sets = [s for i in fact["interchanges"] for s in i["sets"]]
        body = answer.json
        tap.ok(answer.status == 200 and len(body["sets"]) == len(sets), "sample %s: %d sets are told" % (name, len(sets)), answer)
        got = [(s["control"], (s["carrier_reference"] or "").strip(), (s["shipment_id"] or "").strip(), s["scac"], len(s["events"]), [e["raw_code"] for e in s["events"]]) for s in body["sets"]]
        expected = [(s["control"], s["carrier_reference"], s["shipment_id"], s["scac"], len(s["events"]), [e.get("status") or e.get("appointment") for e in s["events"]]) for s in sets]
        tap.equal(got, expected, "sample %s: references, carrier and codes are as the facts say" % name)
        tap.equal([s["verdict"] for s in body["sets"]], ["ACCEPTED"] * len(sets), "sample %s is accepted" % name,
                  [(s["problem"], s.get("rejected")) for s in body["sets"] if s["verdict"] != "ACCEPTED"])
        warned = bool(body["warnings"]) or any(s["warnings"] for s in body["sets"])
        silent = {"UTF-8 byte order mark first", "CR LF line ends"}
        hard = [a for a in fact.get("anomalies", []) if a not in silent and not a.startswith(("leading", "white"))]
        if hard:
            tap.ok(warned, "sample %s: its anomalies are warned of" % name, hard)
        for one in body["sets"]:
            if one["verdict"] == "ACCEPTED" and one["events"]:
                tap.ok(one["accepted"] + one["duplicates"] + len(one["rejected"]) == len(one["events"]), "sample %s, set %s: each event is counted" % (name, one["control"]), one)
    expected = {"x12-corrupt-isa-tag.edi": 422, "x12-no-envelope.edi": 422, "x12-duplicate-interchange.edi": 200, "x12-nodejsmapper-unknown-set-111.edi": 200}
    for path in sorted(glob.glob(os.path.join(folder, "edi-malformed", "*.edi"))):
        name = os.path.basename(path)
        with open(path, "rb") as file:
            answer = post(run, other_tenant, file.read())
        status = expected.get(name, 422)
        tap.equal(answer.status, status, "sample %s is answered %d" % (name, status), answer)
        if name == "x12-duplicate-interchange.edi" and answer.status == 200:
            tap.equal([s["verdict"] for s in answer.json["sets"]], ["REJECTED", "REJECTED"], "an 850 is not for us, and its number is not taken by it")
        if name == "x12-nodejsmapper-unknown-set-111.edi" and answer.status == 200:
            tap.equal([s["verdict"] for s in answer.json["sets"]], ["REJECTED"], "an unknown set is rejected by itself")
    for other in ("x12-204", "x12-210", "x12-990", "x12-997", "x12-other"):
        wrong = []
        for path in sorted(glob.glob(os.path.join(folder, other, "*.edi"))):
            with open(path, "rb") as file:
                before = client_counts(run)[0]
                answer = post(run, own, file.read())
            if answer.status not in (200, 422) or client_counts(run)[0] != before and "214" not in path:
                wrong.append("%s: %r" % (os.path.basename(path), answer))
        tap.ok(not wrong, "samples of %s make no events" % other, "\n".join(wrong[:4]))


def read_only(tap, run, own):
    """Promise T10: a write that hides behind a GET is refused by the transaction itself."""
    run.may.add("core/internal")
    message = own.values["message_id"]
    tap.equal(own.get("/v1/edi/messages/" + message).status, 200, "a GET through a function")
    source = run.database.sql("select pg_get_functiondef('exchange.message_document(uuid, uuid)'::regprocedure)")
    evil = source.replace("STABLE", "VOLATILE").replace("return (", "update identity.tenant set name = 'written by a GET'; return (", 1)
    assert evil != source
    run.database.sql(evil)
    run.database.sql("grant update on identity.tenant to hansa_app")
    tap.equal(own.get("/v1/edi/messages/" + message).status, 500, "that has learnt to write fails")
    line, _ = client.eventually(lambda: [e for e in run.server.log_lines() if e.get("sqlstate") == "25006"], 3)
    tap.ok(line, "because its transaction is READ ONLY (25006)")
    run.database.sql(source)
    tap.equal(own.get("/v1/edi/messages/" + message).status, 200, "and the next one is well again")


def main():
    tap = hansa.Tap()
    run = client.Run("edi", max_running_tenant=100)
    with run:
        a, b = run.world("edi-a"), run.world("edi-b", full=False)
        for part in (repeats, partly, cut, hostile):
            begun = time.monotonic()
            part(tap, run, a)
            hansa.note("%s took %.1f s" % (part.__name__, time.monotonic() - begun))
        samples(tap, run, a, b)
        one_way(tap, run, run.world("edi-c", full=False), b)
        read_only(tap, run, a)
    run.log = "\n".join(line for line in run.log.split("\n") if '"25006"' not in line)
    run.verdict(tap)
    tap.done()


main()
