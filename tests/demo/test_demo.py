#!/usr/bin/env python3
"""The demo's files, without a server: whole, licensed, valid in every identifier, and made again by their scripts."""
import collections
import csv
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import zoneinfo
from datetime import date, timedelta

ROOT = os.environ.get("HANSA_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DEMO = os.path.join(ROOT, "deploy", "demo")
SAMPLES = os.environ.get("HANSA_SAMPLES") or os.path.join(ROOT, "..", "shared", "samples")
SOURCE = os.path.join(SAMPLES, "reference", "scms-delivery-history.csv")
sys.dont_write_bytecode = True


class Skip(Exception):
    pass


def read_csv(name):
    with open(os.path.join(DEMO, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def script(name):
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(DEMO, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def messages():
    folder = os.path.join(DEMO, "edi")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            yield name, file.read().decode("ascii")


def segments(text):
    """Segments of an interchange by the separators in its own ISA."""
    element, terminator = text[3], text[105]
    return [segment.split(element) for segment in (part.strip("\r\n") if terminator != "\n" else part
                                                   for part in text.split(terminator)) if segment]


def check_digit_is_right(digits):
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits[:-1])))
    return (total + int(digits[-1])) % 10 == 0


def test_readme_names_source_and_licence():
    with open(os.path.join(DEMO, "README.md"), encoding="utf-8") as file:
        text = file.read()
    for words in ("SCMS Delivery History", "USAID", "public domain", "turn.py", "write_214.py", "assumed"):
        assert words in text, words
    count = len(read_csv("shipments.csv"))
    assert "{:,}".format(count) in text, "the README states %d shipments" % count


def test_shipments_are_enough_and_small():
    rows = read_csv("shipments.csv")
    assert len(rows) >= 5000, len(rows)
    assert os.path.getsize(os.path.join(DEMO, "shipments.csv")) < 2_000_000
    assert len({row["note"] for row in rows}) == len(rows), "a note stands once"


def test_shipments_are_well_formed():
    places = {place["name"] for place in read_csv("places.csv")}
    for row in read_csv("shipments.csv"):
        assert re.fullmatch(r"(ASN|DN)-\d+", row["note"]), row
        assert re.fullmatch(r"(SCMS|DSCM|SO)-\d+", row["order"]), row
        assert re.fullmatch(r"[A-Z\d]\d\d-[A-Z]{2}-T\d\d", row["project"]), row
        assert row["country"] in places, row
        assert re.fullmatch(r"\d*", row["weight_kg"]) and int(row["lines"]) > 0, row
        assert re.fullmatch(r"([A-Z]{2})?", row["site_country"]), row
        for column in ("ordered_on", "scheduled_on", "delivered_on", "recorded_on"):
            assert not row[column] or date(2005, 1, 1) < date.fromisoformat(row[column]) < date(2016, 1, 1), row
        assert row["scheduled_on"] and row["delivered_on"], row
        assert all(text.isprintable() for text in row.values()), row


def test_places_have_valid_codes_and_zones():
    rows = read_csv("places.csv")
    used = {row["country"] for row in read_csv("shipments.csv")}
    assert {row["name"] for row in rows} == used
    for row in rows:
        assert re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", row["locode"]), row
        assert row["locode"][:2] == row["country"], row
        zoneinfo.ZoneInfo(row["zone"])


def test_places_agree_with_public_lists():
    path = os.path.join(SAMPLES, "reference")
    if not os.path.isdir(path):
        raise Skip("no samples at HANSA_SAMPLES")
    with open(os.path.join(path, "seaports.csv"), encoding="utf-8", newline="") as file:
        ports = {row["unlocode"]: row["timezone"] for row in csv.DictReader(file)}
    with open(os.path.join(path, "airports.csv"), encoding="utf-8", newline="") as file:
        airports = {row["iso_country"] + row["iata"] for row in csv.DictReader(file)}
    for row in read_csv("places.csv"):
        if row["locode"] == "SZMTS":
            continue  # Manzini: its airport moved and changed its IATA code, the UN/LOCODE stayed
        assert row["locode"] in ports or row["locode"] in airports, "%s is neither port nor airport" % row["locode"]


def test_turn_makes_the_same_file():
    if not os.path.exists(SOURCE):
        raise Skip("no samples at HANSA_SAMPLES")
    made = subprocess.run([sys.executable, os.path.join(DEMO, "turn.py"), SOURCE], check=True, capture_output=True).stdout
    with open(os.path.join(DEMO, "shipments.csv"), "rb") as file:
        assert made == file.read(), "run turn.py again and commit its output"


def test_events_say_only_what_the_source_says():
    load = script("load")
    places = {place["name"]: place for place in read_csv("places.csv")}
    counts = collections.Counter()
    for row in read_csv("shipments.csv"):
        events = list(load.events_of(row, places[row["country"]]))
        codes = [event["code"] for event in events]
        assert codes.count("DLV") == 1
        assert ("BKD" in codes) == bool(row["ordered_on"])
        assert ("DLY" in codes) == (row["delivered_on"] > row["scheduled_on"])
        assert all("T12:00:00" in event["event_time"] for event in events)
        counts.update(codes)
    assert set(counts) == {"BKD", "DLY", "DLV"}, counts


def test_histories_are_moved_by_whole_days():
    load = script("load")
    assert load.days_to_move(date(2026, 2, 28), "2028-03-01T00:00:00.5Z") == 731, "29 February 2028 is the day before"
    os.environ["HANSA_DEMO_AS_FOUND"] = "1"
    assert load.days_to_move(date(2015, 9, 14), "2026-12-01T00:00:00Z") == 0
    del os.environ["HANSA_DEMO_AS_FOUND"]
    for row in read_csv("shipments.csv")[::50]:
        later = load.moved(row, 4000)
        for name, text in row.items():
            is_day = name in ("ordered_on", "scheduled_on", "delivered_on", "recorded_on") and text
            assert later[name] == (str(date.fromisoformat(text) + timedelta(days=4000)) if is_day else text), (name, row)
    newest = date(1970, 1, 1)
    for name, text in messages():
        later = load.message_moved(text, 300)
        assert load.message_moved(later, -300) == text and len(later) == len(text) and load.message_moved(text, 0) == text, name
        days, days_later = ([line[5] for line in segments(one) if line[0] == "AT7"] for one in (text, later))
        assert days_later == [(date.fromisoformat("%s-%s-%s" % (day[:4], day[4:6], day[6:])) + timedelta(days=300)).strftime("%Y%m%d") for day in days], name
        strange = [one for one, other in zip(segments(text), segments(later)) if one != other and one[0] not in ("ISA", "GS", "AT7")]
        assert not strange and load.message_newest(later) - load.message_newest(text) == timedelta(days=300), (name, strange)
        newest = max([newest] + [load.message_newest(text)])
    assert str(newest) == "2026-03-03", newest


def misfits(schema, value, folder, at=""):
    """Where a value breaks a schema file of the endpoints: members, types, choices and lengths."""
    if "$ref" in schema:
        path = os.path.join(folder, schema["$ref"])
        with open(path, encoding="utf-8") as file:
            yield from misfits(json.load(file), value, os.path.dirname(path), at)
        return
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number", type(None): "null"}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if names[type(value)] not in types:
        yield "%s: %s is not %s" % (at, names[type(value)], types)
    elif "enum" in schema and value not in schema["enum"]:
        yield "%s: %s" % (at, value)
    elif isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10 ** 6):
        yield "%s: %d characters" % (at, len(value))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(schema["items"], item, folder, "%s/%d" % (at, index))
    elif isinstance(value, dict):
        yield from ("%s/%s: missing" % (at, name) for name in schema.get("required", []) if name not in value)
        for name, member in value.items():
            if name not in schema["properties"]:
                yield "%s/%s: unknown" % (at, name)
            else:
                yield from misfits(schema["properties"][name], member, folder, at + "/" + name)


def test_bodies_fit_the_published_schemas():
    load, server = script("load"), os.path.join(ROOT, "server")
    places = {place["name"]: place for place in read_csv("places.csv")}
    for row in read_csv("shipments.csv"):
        place = places[row["country"]]
        some_id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
        body, events = load.shipment_of(row, place, some_id, some_id), list(load.events_of(row, place))
        wrong = list(misfits({"$ref": "shipment_create.json"}, body, os.path.join(server, "orders")))
        assert not wrong, (row["note"], wrong)
        wrong = list(misfits({"$ref": "order_create.json"}, load.order_of(row, place, some_id), os.path.join(server, "orders")))
        assert not wrong, (row["note"], wrong)
        wrong = list(misfits({"$ref": "event_record.json"}, {"events": events}, os.path.join(server, "tracking")))
        assert not wrong, (row["note"], wrong)


def test_messages_are_about_sixty():
    assert 55 <= len(list(messages())) <= 70


def test_messages_come_out_the_same_again():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(DEMO, "write_214.py"), folder], check=True)
        made = {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}
    kept = {name: text.encode("ascii") for name, text in messages()}
    assert made == kept, "run write_214.py again and commit its output"


def test_envelopes_and_counts_are_right():
    controls = set()
    for name, text in messages():
        lines = segments(text)
        isa, gs, ge, iea = lines[0], lines[1], lines[-2], lines[-1]
        assert text[:3] == "ISA" and len(isa) == 17 and [len(part) for part in isa[1:]] == [
            2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1], name
        assert gs[0] == "GS" and gs[1] == "QM" and ge[0] == "GE" and gs[6] == ge[2], name
        assert iea == ["IEA", "1", isa[13]], name
        assert (isa[6], isa[13]) not in controls, name
        controls.add((isa[6], isa[13]))
        sets = [at for at, line in enumerate(lines) if line[0] == "ST"]
        assert int(ge[1]) == len(sets) >= 1, name
        for at in sets:
            end = next(i for i in range(at, len(lines)) if lines[i][0] == "SE")
            assert int(lines[end][1]) == end - at + 1 and lines[end][2] == lines[at][2], name
            assert lines[at][1] == "214" and lines[at + 1][0] == "B10", name


def test_messages_are_of_many_kinds():
    texts = dict(messages())
    separators = {(text[3], text[104], text[105]) for text in texts.values()}
    assert len(separators) >= 5, separators
    statuses = collections.Counter()
    for text in texts.values():
        statuses.update(line[1] or line[3] for line in segments(text) if line[0] == "AT7")
    for status in ("XB", "AF", "X4", "P1", "K1", "PR", "SD", "AG", "AB", "AH", "A7", "A3", "PA", "D1"):
        assert statuses[status], status
    assert any(sum(line[0] == "ST" for line in segments(text)) > 3 for text in texts.values()), "a file of several sets"


def test_events_of_messages_are_well_formed():
    for name, text in messages():
        for line in segments(text):
            if line[0] == "AT7":
                assert bool(line[1]) != bool(line[3]), (name, line)
                assert date.fromisoformat("%s-%s-%s" % (line[5][:4], line[5][4:6], line[5][6:])).year in (2025, 2026), (name, line)
                assert re.fullmatch(r"[012]\d[0-5]\d", line[6]) and line[7] in ("CT", "ET", "PT", "MT", "MS"), (name, line)


def test_ssccs_are_valid():
    found = [line[2] for _, text in messages() for line in segments(text) if line[0] == "MAN"]
    assert found
    for number in found:
        assert re.fullmatch(r"00\d{18}", number) and check_digit_is_right(number[2:]), number


def test_messages_are_no_copies():
    folder = os.path.join(SAMPLES, "x12-214")
    if not os.path.isdir(folder):
        raise Skip("no samples at HANSA_SAMPLES")
    numbers = re.compile(r"B10.([^*|^]*).([^*|^]*)")
    theirs = set()
    for name in os.listdir(folder):
        if name.endswith(".edi"):
            with open(os.path.join(folder, name), encoding="latin-1") as file:
                for match in numbers.finditer(file.read()):
                    theirs.update(match.groups())
    ours = {number for _, text in messages() for match in numbers.finditer(text) for number in match.groups()}
    assert not (ours & theirs) - {""}, ours & theirs


def main():
    tests = [(name, run) for name, run in globals().items() if name.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for at, (name, run) in enumerate(tests, 1):
        title = name[5:].replace("_", " ")
        try:
            run()
            print("ok %d - %s" % (at, title))
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (at, title, why))
        except Exception as why:  # pylint: disable=broad-except
            failed += 1
            print("not ok %d - %s" % (at, title))
            print("# %s: %s" % (type(why).__name__, why))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
