"""Derived status against a model: random histories, in random order and batches, with corrections and handling units.

The model below is written from domain.md, one event at a time, without a look at the SQL. For every history: the row that the
batches left behind = what status_derive makes of the events alone = what the model says.
"""
import json
import random

import hansa
import scenario

NUMBER = {"PLANNED": 10, "BOOKED": 20, "PICKED_UP": 30, "IN_TRANSIT": 40, "CUSTOMS": 45, "AT_HUB": 50, "OUT_FOR_DELIVERY": 60,
          "READY_FOR_PICKUP": 65, "ATTEMPTED": 70, "RETURNING": 75, "DELIVERED": 90, "RETURNED": 91, "LOST": 92, "CANCELLED": 93}
STATUS = {"BKD": "BOOKED", "BCX": "CANCELLED", "PUP": "PICKED_UP", "DEP": "IN_TRANSIT", "ENR": "IN_TRANSIT", "ARH": "AT_HUB", "CSI": "CUSTOMS",
          "OFD": "OUT_FOR_DELIVERY", "AVP": "READY_FOR_PICKUP", "ATT": "ATTEMPTED", "RFS": "RETURNING", "DLV": "DELIVERED",
          "RTS": "RETURNED", "LST": "LOST"}
PLAIN = ["BKD", "PUP", "DEP", "DEP", "ARH", "ENR", "OFD", "AVP", "ATT", "RFS", "CSI", "CSR", "EST", "DLY", "DMG", "LDD"]
FINAL = ["DLV", "DLV", "RTS", "LST", "LST", "FND", "FND", "BCX", "BCX"]
HISTORIES = 400
COLUMNS = ["status", "status_number", "is_terminal", "is_delayed", "is_held", "is_damaged", "is_by_unit", "status_event_time", "eta",
           "eta_event_time", "last_event_time", "part_status", "part_units", "part_of"]


def clock(minute):
    return "2026-03-%02dT%02d:%02d:00Z" % (1 + minute // 1440, minute // 60 % 24, minute % 60)


# ---- the model -------------------------------------------------------------------------------------------------------

def subject_of(events):
    """(status, event time) of one subject: a unit, or the shipment as a whole. `events` are those that stand."""
    def newest(some):
        return max(some, key=lambda e: (e["at"], NUMBER[STATUS.get(e["code"], "IN_TRANSIT")]))
    telling = [e for e in events if e["code"] in STATUS]
    final = [e for e in telling if NUMBER[STATUS[e["code"]]] >= 90]
    if final:
        last = newest(final)
        after = [e for e in events if e["at"] > last["at"] and (e["code"] == "FND" or e in telling)]
        if last["code"] in ("BCX", "LST") and after:
            last = newest(after)
    elif telling:
        last = newest(telling)
    else:
        return "PLANNED", None
    return STATUS.get(last["code"], "IN_TRANSIT"), last["at"]


def model(events, tree):
    """The status row. tree: {unit: parent or None}."""
    live = [e for e in events if not e["superseded"]]
    by_unit = any(e["unit"] is not None for e in live)
    if by_unit:
        leaves = [unit for unit in tree if unit not in tree.values()]
        around = {}
        for leaf in leaves:
            around[leaf], at = set(), leaf
            while at is not None:
                around[leaf].add(at)
                at = tree[at]
        subjects = [subject_of([e for e in live if e["unit"] is None or e["unit"] in around[leaf]]) for leaf in leaves]
    else:
        subjects = [subject_of(live)]
    low = min(subjects, key=lambda s: NUMBER[s[0]])[0]
    high = max(subjects, key=lambda s: NUMBER[s[0]])[0]
    times = [at for status, at in subjects if status == low and at is not None]
    since = max(times) if times else None
    released = [e["at"] for e in live if e["code"] == "CSR"]
    estimates = [(e["at"], e["eta"]) for e in live if e["eta"] is not None]
    return {"status": low, "status_number": NUMBER[low], "is_terminal": NUMBER[low] >= 90,
            "is_delayed": any(e["code"] == "DLY" for e in live), "is_damaged": any(e["code"] == "DMG" for e in live),
            "is_held": low == "CUSTOMS" and not any(at >= since for at in released), "is_by_unit": by_unit,
            "status_event_time": since, "eta": max(estimates)[1] if estimates else None,
            "eta_event_time": max(estimates)[0] if estimates else None,
            "last_event_time": max((e["at"] for e in live), default=None),
            "part_status": high if low != high else None, "part_units": sum(s[0] == high for s in subjects) if low != high else None,
            "part_of": len(subjects) if low != high else None}


# ---- histories -------------------------------------------------------------------------------------------------------

def tree_of(chance):
    """Some shipments have units, some of those stand in others: {index: parent}."""
    count = chance.choice([0, 0, 1, 2, 3, 4])
    return {i: chance.choice([None] + list(range(i))) if i and chance.random() < 0.4 else None for i in range(count)}


def history(chance, name, tree):
    """Events in the order in which they arrive; the model's view of each is filled in."""
    events = []
    for i in range(chance.randint(1, 14)):
        codes = PLAIN + (FINAL if chance.random() < 0.5 else [])
        event = {"id": "%s-%d" % (name, i), "code": chance.choice(codes), "at": chance.randrange(0, 40) * 60, "unit": None, "eta": None,
                 "superseded": False, "corrects": None}
        if tree and chance.random() < 0.4:
            event["unit"] = chance.choice(list(tree))
        if event["code"] in ("EST", "DLY") and chance.random() < 0.8:
            event["eta"] = chance.randrange(2000, 2100)
        earlier = [e for e in events if not e["superseded"]]
        if earlier and chance.random() < 0.12:
            old = chance.choice(earlier)
            event["corrects"], old["superseded"] = old["id"], True
            event["code"] = chance.choice(["OTH", event["code"]])
            event["eta"] = event["eta"] if event["code"] in ("EST", "DLY") else None
        events.append(event)
    return events


def request(event, bol, units):
    body = scenario.event(bol, event["id"], event["code"], clock(event["at"]))
    if event["unit"] is not None:
        body["sscc"] = units[event["unit"]]
    if event["eta"] is not None:
        body["eta"] = clock(event["eta"])
    if event["corrects"]:
        body["supersedes"] = {"source_event_id": event["corrects"]}
    return body


def batches(chance, stories):
    """All histories told at once, each in its own order, cut into batches; a correction never rides with what it corrects in
    an order that the rule does not promise, so it opens a new batch. Some events are told twice."""
    waiting = {name: list(events) for name, events in stories.items() if events}
    told, batch, seen = [], [], set()
    while waiting:
        name = chance.choice(sorted(waiting))
        event = waiting[name].pop(0)
        if not waiting[name]:
            del waiting[name]
        if event["corrects"] or any(n == name and e["corrects"] for n, e in batch) or len(batch) >= chance.choice([1, 5, 40, 200]):
            told.append(batch)
            batch = []
        batch.append((name, event))
        if chance.random() < 0.05 and not event["corrects"]:
            batch.append((name, event))
        seen.add(event["id"])
    return [b for b in told + [batch] if b]


def build(chance, run):
    """Makes the shipments, sends the histories; gives {shipment_id: (events, tree)} and what the answers must add up to."""
    stories, places = {}, {}
    serial = 1
    for i in range(HISTORIES):
        tree = tree_of(chance)
        numbers = [scenario.sscc(serial + u) for u in tree]
        serial += len(tree)
        units = [{"sscc": numbers[u], **({"parent_sscc": numbers[tree[u]]} if tree[u] is not None else {})} for u in tree]
        places["BOL-%d" % i] = (tree, numbers, units)
    script = "".join("select orders.api_shipment_create('%s', null, %s::jsonb, 'API');\n" % (
        scenario.A, literal({"references": [{"kind": "BOL", "number": bol}], "handling_units": units})) for bol, (_, _, units) in places.items())
    ids = speak(run, script)
    stories = {bol: history(chance, bol, tree) for bol, (tree, _, _) in places.items()}
    sent = batches(chance, stories)
    script = "".join("begin; set local hansa.tenant_id = '%s'; select tracking.api_events_record('%s', null, %s::jsonb); commit;\n" % (
        scenario.A, scenario.A, literal([request(e, bol, places[bol][1]) for bol, e in batch])) for batch in sent)
    answers = [json.loads(line) for line in speak(run, script)]
    return {i: (stories[bol], places[bol][0]) for i, bol in zip(ids, places)}, sent, answers


def literal(value):
    return "'" + json.dumps(value).replace("'", "''") + "'"


def speak(run, script):
    return hansa.psql(run.url, "set hansa.tenant_id = '%s';\n%s" % (scenario.A, script)).splitlines()


def rows(run, query):
    """{shipment_id: row} with times as minutes of the model's clock."""
    found = {}
    for line in speak(run, "select row_to_json(x) from (%s) x;" % query):
        row = json.loads(line)
        for column in ("status_event_time", "eta", "eta_event_time", "last_event_time"):
            if row[column] is not None:
                day, hour, minute = int(row[column][8:10]), int(row[column][11:13]), int(row[column][14:16])
                row[column] = (day - 1) * 1440 + hour * 60 + minute
        found[row.pop("shipment_id")] = {c: row[c] for c in COLUMNS}
    return found


def compare(tap, got, expected, name, stories):
    wrong = [i for i in expected if got.get(i) != expected[i]]
    detail = "" if not wrong else "%d differ, first:\n%s\ngot      %s\nexpected %s" % (
        len(wrong), [(e["id"], e["code"], e["at"], e["unit"], e["corrects"]) for e in stories[wrong[0]][0]], got.get(wrong[0]), expected[wrong[0]])
    tap.ok(not wrong and len(got) == len(expected), name, detail)


def main():
    tap = hansa.Tap()
    seed = random.randrange(10**6)
    hansa.note("seed %d" % seed)
    with hansa.Database() as db:
        run = scenario.tenants(db)[scenario.A]
        chance = random.Random(seed)
        stories, sent, answers = build(chance, run)
        count = sum(len(events) for events, _ in stories.values())
        tap.equal(sum(a["accepted"] for a in answers), count, "every event was accepted once (seed %d)" % seed,
                  next((a for a in answers if a["rejected"]), ""))
        tap.equal(sum(a["duplicates"] for a in answers), sum(len(b) for b in sent) - count, "what was told twice is a duplicate")
        expected = {i: model(events, tree) for i, (events, tree) in stories.items()}
        kept = rows(run, "select * from tracking.shipment_status where tenant_id = '%s'" % scenario.A)
        compare(tap, kept, expected, "the kept rows are what the model says (%d histories, %d events)" % (len(stories), count), stories)
        derived = rows(run, "select * from tracking.status_derive('%s', (select array_agg(shipment_id) from tracking.shipment_status "
                       "where tenant_id = '%s'))" % (scenario.A, scenario.A))
        compare(tap, derived, kept, "derived from the events alone they are the same", stories)
        statuses = {row["status"] for row in kept.values()}
        tap.ok(len(statuses) >= 10 and any(r["part_of"] for r in kept.values()), "the histories reach most statuses, and parts", statuses)
        check_order(tap, db, run, chance)
    tap.done()


def check_order(tap, db, run, chance):
    """Whatever the order and the cut, the same events end in the same row."""
    ends = set()
    events = [(code, chance.randrange(0, 60) * 30) for code in chance.choices(PLAIN, k=9) + chance.choices(FINAL, k=3)]
    for trial in range(12):
        bol = "ORDER-%d" % trial
        scenario.shipment(run, bol)
        told = [scenario.event(bol, "%s-%d" % (bol, i), code, clock(at), **({"eta": clock(2000 + i)} if code in ("EST", "DLY") else {}))
                for i, (code, at) in enumerate(events)]
        chance.shuffle(told)
        while told:
            cut = chance.randint(1, len(told))
            scenario.record(run, *told[:cut])
            told = told[cut:]
        ends.add(db.sql("select (to_jsonb(s) - 'shipment_id')::text from tracking.shipment_status s join orders.shipment_number n "
                        "using (tenant_id, shipment_id) where n.number = '%s';" % bol))
    tap.equal(len(ends), 1, "twelve orders of the same twelve scans end in one row", ends)


if __name__ == "__main__":
    main()
