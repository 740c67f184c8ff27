#!/usr/bin/env python3
"""Shipments over HTTP: paging that neither repeats nor hides (standards.md 5.3), cursors that bind tenant, list and filters
(promise T13), filters, exact numbers (I3), text as it was given (I4), numbers of others that tell nothing (T8)."""
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import client
import hansa
import published
import world

SHIPMENTS = 90
DECIMALS = 1000


def pages(run, key, query="", limit=7, between=None):
    """All items of the list, page by page, by the Link header; (items, pages, faults)."""
    items, count, faults = [], 0, []
    path = "/v1/shipments?limit=%d%s" % (limit, query)
    while path and count < 500:
        answer = run.ask("GET", path, key=key)
        if answer.status != 200:
            return items, count, faults + [repr(answer)]
        body, link = answer.json, answer.headers.get("link", "")
        items += body["data"]
        count += 1
        if len(body["data"]) > limit or (body["next_cursor"] and len(body["data"]) != limit):
            faults.append("page %d holds %d" % (count, len(body["data"])))
        if bool(body["next_cursor"]) != bool(link):
            faults.append("next_cursor and Link disagree")
        path = link[1:link.index(">")] if link else None
        if link and (not link.endswith('>; rel="next"') or body["next_cursor"] not in link):
            faults.append("Link is %r" % link)
        if between:
            between()
    return items, count, faults


def paging(tap, run, own):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda i: own.shipment(references=[{"kind": "CUSTOMER", "number": "REF-%d" % (i % 3)}], mode="ROAD")["shipment_id"],
                             range(SHIPMENTS)))
    tap.equal(len(set(made)), SHIPMENTS, "%d shipments of four threads have ids of their own" % SHIPMENTS)
    items, count, faults = pages(run, own.key)
    ids = [item["shipment_id"] for item in items]
    tap.ok(not faults and count > SHIPMENTS // 7, "every page is full but the last; Link and next_cursor agree", faults)
    tap.ok(ids == sorted(ids, reverse=True) and len(set(ids)) == len(ids), "newest first, none twice")
    tap.equal(set(made) - set(ids), set(), "none is missing")
    numbers = [item["tracking_number"] for item in items]
    tap.ok(len(set(numbers)) == len(numbers), "the house's tracking numbers are all different")
    stop = threading.Event()

    def insert():
        while not stop.is_set():
            own.shipment()
        run.leave()
    writers = [threading.Thread(target=insert) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        moved, _, faults = pages(run, own.key, limit=5)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    seen = [item["shipment_id"] for item in moved]
    tap.ok(not faults and len(set(seen)) == len(seen), "none twice while others insert", faults)
    tap.equal(set(ids) - set(seen), set(), "none hidden while others insert")
    filtered, _, faults = pages(run, own.key, query="&customer_reference=ref%201", limit=4)
    tap.ok(not faults and len(filtered) == SHIPMENTS // 3 and {f["shipment_id"] for f in filtered} == {m for i, m in enumerate(made) if i % 3 == 1},
           "pages keep their filter; case, blanks and hyphens of a reference do not matter", (faults, len(filtered)))
    exact = run.ask("GET", "/v1/shipments?limit=%d&customer_reference=REF-2" % (SHIPMENTS // 3), key=own.key).json
    tap.ok(len(exact["data"]) == SHIPMENTS // 3 and exact["next_cursor"] is None, "a page that ends exactly at the end has no next")


def cursors(tap, run, a, b):
    def cursor_of(own, query=""):
        return run.ask("GET", "/v1/shipments?limit=1" + query, key=own.key).json["next_cursor"]

    def refused(what, key, query):
        answer = run.ask("GET", query, key=key)
        tap.ok(answer.status == 400 and client.pointers(answer) == ["cursor"], what, answer)
    for own in (a, b):
        for _ in range(3):
            own.shipment(mode="SEA")
    good = cursor_of(a)
    tap.equal(run.ask("GET", "/v1/shipments?limit=3&cursor=" + good, key=a.key).status, 200, "a cursor is good with another limit")
    refused("another tenant's cursor is 400 (T13)", a.key, "/v1/shipments?cursor=" + cursor_of(b))
    refused("a cursor with other filters is 400", a.key, "/v1/shipments?status=PLANNED&cursor=" + good)
    refused("a cursor without its filters is 400", a.key, "/v1/shipments?cursor=" + cursor_of(a, "&status=PLANNED"))
    refused("a cursor with another value of its filter is 400", a.key, "/v1/shipments?planned_from=2026-01-02&cursor=" + cursor_of(a, "&planned_to=2999-01-01")
            if cursor_of(a, "&planned_to=2999-01-01") else "/v1/shipments?cursor=AA")
    refused("another list's cursor is 400", a.key, "/v1/shipments/%s/links?cursor=%s" % (a.shipment()["shipment_id"], good))
    refused("an EDI list's cursor is 400", a.key, "/v1/edi/messages?cursor=" + good)
    for at in (0, len(good) // 2, len(good) - 3):
        spoilt = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1:]
        refused("a cursor changed at sign %d is 400" % at, a.key, "/v1/shipments?cursor=" + spoilt)
    for spoilt in ("", good[:-4], good + "AAAA", good + "=", "%00", "null", "x" * 2000):
        refused("no cursor: " + spoilt[:12], a.key, "/v1/shipments?cursor=" + spoilt)


def filters(tap, run, a, b):
    def ids(query, own=a):
        return {s["shipment_id"] for s in run.ask("GET", "/v1/shipments?limit=200" + query, key=own.key).json["data"]}
    code = world.unique("F")
    day = [a.shipment(customer={"code": code}, planned_delivery={"from": "%sT01:00:00Z" % d, "to": "%sT02:00:00Z" % d, "zone": "America/Chicago"})
           for d in ("2031-05-01", "2031-05-02", "2031-05-03")]
    account = day[0]["customer"]["account_id"]
    # 01:00Z is the evening before in Chicago
    tap.equal(ids("&planned_from=2031-05-01&planned_to=2031-05-01&account_id=" + account), {day[1]["shipment_id"]},
              "a planned day is a day of the destination's calendar")
    tap.equal(ids("&planned_from=2031-05-01&account_id=" + account), {s["shipment_id"] for s in day[1:]}, "planned_from and account together")
    tap.equal(ids("&planned_to=2031-04-30&account_id=" + account), {day[0]["shipment_id"]}, "planned_to and account together")
    tap.equal(ids("&account_id=" + account, b), set(), "another tenant's account finds nothing")
    tap.equal(ids("&planned_from=2031-05-03&planned_to=2031-05-01&account_id=" + account), set(), "a span that is empty finds nothing")
    a.events([a.event("DLV", "2026-03-01T10:00:00Z", number=day[0]["tracking_number"])])
    tap.equal(ids("&status=DELIVERED&account_id=" + account), {day[0]["shipment_id"]}, "status and account together")
    tap.equal(ids("&status=PLANNED&account_id=" + account), {s["shipment_id"] for s in day[1:]}, "what has moved is not PLANNED any more")


def exact_numbers(tap, run, own):
    rng = random.Random(7)

    def number():
        # what fits the published format: at most 18 digits
        digits = rng.randint(1, 18)
        text = "".join(rng.choice("0123456789") for _ in range(digits))
        at = rng.randint(1, digits)
        whole, part = text[:at].lstrip("0") or "0", text[at:]
        return whole + ("." + part if part else "")
    kinds = ("weight_kg", "volume_m3", "length_cm", "width_cm", "height_cm")
    given = [{kind: number() for kind in kinds} for _ in range(DECIMALS // len(kinds))]
    changed, refused = [], []

    def tell(unit):
        answer = run.ask("POST", "/v1/shipments", {"handling_units": [unit]}, own.key)
        if answer.status == 201:
            back = published.read_json(answer.body)["handling_units"][0]
            again = published.read_json(run.ask("GET", "/v1/shipments/" + answer.json["shipment_id"], key=own.key).body)["handling_units"][0]
            return [(k, v, back[k]) for k, v in unit.items() if not isinstance(back[k], str) or Decimal(back[k]) != Decimal(v) or again[k] != back[k]], []
        return [], [(unit, answer)] if answer.status != 422 or not all(p.startswith("/handling_units/0/") for p in client.pointers(answer)) \
            or not client.pointers(answer) else []
    with ThreadPoolExecutor(4) as pool:
        for one, other in pool.map(tell, given):
            changed += one
            refused += other
    tap.equal(changed[:5], [], "of %d decimals each comes back as it was given, as text (I3)" % DECIMALS)
    tap.equal(refused[:3], [], "or is refused with its place named")
    for value in ("-1", "1e3", "1,5", "0x1", "+1", ".5", "5.", "NaN", "Infinity", "", "1.2.3", "\u0661", "9" * 19):
        answer = run.ask("POST", "/v1/shipments", {"handling_units": [{"weight_kg": value}]}, own.key)
        tap.ok(answer.status == 422 and client.pointers(answer) == ["/handling_units/0/weight_kg"], "no weight: %r" % value, answer)


def text(tap, run, own):
    for what, value in (("Chinese", "上海浦东国际物流" * 25), ("signs beyond the plane", "\U0001f69a" * 200), ("Arabic", "شركة الشحن"), ("quotes and backslashes", "a\"b\\c'd`$1;--"),
                        ("markup", "<script>alert(1)</script>&amp;"), ("a formula", "=1+1|cmd"), ("e with accent, composed", "Café")):
        made = own.shipment(parties=[{"role": "SHIPPER", "name": value}])
        back = own.get("/v1/shipments/" + made["shipment_id"]).json
        tap.ok(made["parties"][0]["name"] == value and back["parties"][0]["name"] == value, "a name comes back as it was given: " + what)
    answer = run.ask("POST", "/v1/shipments", {"parties": [{"role": "SHIPPER", "name": "\U0001f69a" * 201}]}, own.key)
    tap.ok(answer.status == 422 and client.pointers(answer) == ["/parties/0/name"], "length is counted in code points (I4)", answer)


def taken(tap, run, a, b):
    number = world.unique("TN")
    first, second = b.shipment(tracking_number=number), run.ask("POST", "/v1/shipments", {"tracking_number": number}, a.key)
    fresh = run.ask("POST", "/v1/shipments", {"tracking_number": world.unique("TN")}, a.key)
    tap.ok(second.status == 201 and set(second.json) == set(fresh.json) and second.json["shipment_id"] != first["shipment_id"],
           "a tracking number that another tenant has is free for us (T8)", second)
    again = run.ask("POST", "/v1/shipments", {"tracking_number": number}, a.key)
    tap.ok(again.status == 409 and client.problem_code(again) == "orders/tracking_number_taken" and client.pointers(again) == ["/tracking_number"],
           "our own a second time is 409 with the field", again)
    tap.equal(again.json.get("detail", "").find(number), -1, "and tells no value")
    race = world.unique("RACE")
    snapshot = run.database.sql("select count(*) from orders.shipment")
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: run.ask("POST", "/v1/shipments", {"tracking_number": race, "references": [{"kind": "PO", "number": "1"}]},
                                                     a.key).status, range(8)))
    tap.equal(statuses, [201] + [409] * 7, "of eight at once with one number, one is made")
    tap.equal(int(run.database.sql("select count(*) from orders.shipment")) - int(snapshot), 1, "and one row is there, nothing half")
    location = fresh.headers.get("location", "")
    tap.ok(location == "/v1/shipments/" + fresh.json["shipment_id"] and run.ask("GET", location, key=a.key).json == fresh.json,
           "Location leads to what was made, as it was told", location)
    empty = run.ask("POST", "/v1/shipments", {"references": [{"kind": "PO", "number": "A-1"}, {"kind": "PO", "number": "--"}]}, a.key)
    tap.ok(empty.status == 422 and "/references/1/number" in client.pointers(empty), "a reference is kept or refused, never dropped in silence", empty)


def main():
    tap = hansa.Tap()
    run = client.Run("orders", max_running_tenant=100)
    with run:
        a, b = run.world("orders-a", full=False), run.world("orders-b", full=False)
        paging(tap, run, a)
        cursors(tap, run, a, b)
        filters(tap, run, a, b)
        exact_numbers(tap, run, a)
        text(tap, run, a)
        taken(tap, run, a, b)
    run.verdict(tap)
    tap.done()


main()
