#!/usr/bin/env python3
"""ETag, If-Match, If-None-Match, merge patches, fields, expand, gzip: standards.md 5.2 and 5.7, promises D6 and T13."""
import concurrent.futures
import gzip
import json
import threading
import time

import client
import hansa
import world

PATCH = "application/merge-patch+json"
WRITERS = 50


def get(run, own, path, **headers):
    return run.ask("GET", path, key=own.key, headers={k.replace("_", "-"): v for k, v in headers.items()})


def patch(run, own, path, body, tag):
    return run.ask("PATCH", path, body, own.key, {"content-type": PATCH, "if-match": tag})


def tags(tap, run, a, b):
    path = "/v1/shipments/" + a.values["shipment_id"]
    first = get(run, a, path)
    tag = first.headers["etag"]
    tap.ok(tag.startswith('"r1-') and tag.endswith('"'), "a strong tag with the version", tag)
    tap.equal(get(run, a, path).headers["etag"], tag, "that stays while nothing changes")
    for sent, status in ((tag, 304), ("W/" + tag, 304), ("*", 304), ('"x", %s' % tag, 304), ('W/"y" ,%s, "z"' % tag, 304), ('"x"', 200), (tag[:-2] + '"', 200),
                         (tag.strip('"'), 200), ('"%s-gzip"' % tag.strip('"'), 304)):
        answer = get(run, a, path, if_none_match=sent)
        tap.equal((answer.status, len(answer.body) > 0), (status, status == 200), "If-None-Match %.40s" % sent)
        if status == 304:
            missing = [h for h in ("etag", "cache-control", "vary", "date") if h not in answer.headers]
            tap.equal(missing, [], "304 has what a 200 would have had")
    for sent, status in ((tag, 200), ("W/" + tag, 412), ('"x"', 412), ("*", 200)):
        tap.equal(get(run, a, path, if_match=sent).status, status, "If-Match %.20s on a GET" % sent)
    fewer, more = get(run, a, path + "?fields=status"), get(run, a, path + "?expand=events")
    tap.equal(len({tag, fewer.headers["etag"], more.headers["etag"]}), 3, "each representation has a tag of its own")
    a.events([a.event("ENR", "2026-03-11T10:00:00Z")])
    after = get(run, a, path)
    tap.ok(after.headers["etag"] != tag and after.headers["etag"].startswith('"r1-'), "a derived status changes the tag, not the version")
    tap.equal(patch(run, a, path, {}, tag).status, 200, "so an event does not stand in the way of a change")
    tap.equal(get(run, b, "/v1/shipments/" + b.values["shipment_id"], if_none_match=after.headers["etag"]).status, 200, "another tenant's tag says nothing (T13)")
    page = get(run, a, "/v1/shipments?limit=2")
    tap.equal(get(run, a, "/v1/shipments?limit=2", if_none_match=page.headers["etag"]).status, 304, "lists have tags too")
    made = run.ask("POST", "/v1/shipments", {}, a.key)
    tap.equal(get(run, a, made.headers["location"]).headers["etag"], made.headers["etag"], "what was made has the tag that a GET tells")


def patches(tap, run, a):
    made = run.ask("POST", "/v1/shipments", {"service": "SLOW", "incoterm": "DAP", "incoterm_place": "Praha",
                                            "planned_delivery": {"from": "2026-03-12T08:00:00Z", "to": "2026-03-12T16:00:00Z", "zone": "Europe/Prague"}}, a.key)
    path, tag = made.headers["location"], made.headers["etag"]
    done = patch(run, a, path, {"service": "FAST", "incoterm": None, "planned_delivery": {"to": "2026-03-13T16:00:00Z"}}, tag)
    body = done.json
    tap.equal((done.status, body["service"], body["incoterm"], body["incoterm_place"], body["planned_delivery"]),
              (200, "FAST", None, "Praha", {"from": "2026-03-12T08:00:00Z", "to": "2026-03-13T16:00:00Z", "zone": "Europe/Prague"}),
              "a merge patch sets, deletes, merges below and leaves the rest")
    tap.ok(done.headers["etag"].startswith('"r2-') and done.headers["etag"] == get(run, a, path).headers["etag"], "the new tag is the GET's")
    stale = patch(run, a, path, {"service": "WRONG"}, tag)
    tap.equal((stale.status, stale.headers.get("etag")), (412, done.headers["etag"]), "a stale tag is 412 and tells the present one")
    tap.equal(get(run, a, path).json["service"], "FAST", "and changes nothing")
    same = patch(run, a, path, {"service": "FAST"}, done.headers["etag"])
    tap.equal((same.status, same.headers["etag"]), (200, done.headers["etag"]), "a patch that changes nothing makes no version")
    entries = json.loads(run.database.sql("select coalesce(json_agg(changes order by entry_id), '[]') from audit.entry where object_id = '%s' and method = 'PATCH'"
                                          % body["shipment_id"]) if has_method(run) else "[]")
    tap.ok(not has_method(run) or len(entries) == 1, "one change, one entry in the trail", entries)
    bare = run.ask("PATCH", path, {}, a.key, {"content-type": PATCH})
    tap.equal((bare.status, client.problem_code(bare)), (428, "core/precondition_required"), "without If-Match it is 428")
    plain = run.ask("PATCH", path, {}, a.key, {"content-type": "application/json", "if-match": "*"})
    tap.equal((plain.status, plain.headers.get("accept-patch")), (415, PATCH), "another media type is 415 with Accept-Patch")
    for wrong, pointer in (({"shipment_id": body["shipment_id"]}, "/shipment_id"), ({"status": "DELIVERED"}, "/status"), ({"incoterm": "XXX"}, "/incoterm"),
                           ({"planned_pickup": {"day": 1}}, "/planned_pickup/day"), ({"service": 5}, "/service")):
        answer = patch(run, a, path, wrong, "*")
        tap.ok(answer.status == 422 and pointer in client.pointers(answer), "422 names %s" % pointer, answer)
    twice = run.ask("PATCH", path, b'{"service": "A", "service": "B"}', a.key, {"content-type": PATCH, "if-match": "*"})
    tap.equal(twice.status, 400, "a member that stands twice is refused")


def has_method(run):
    return run.database.sql("select count(*) from information_schema.columns where table_schema = 'audit' and table_name = 'entry' and column_name in ('method', 'changes')") == "2"


def lost_updates(tap, run, a):
    """D6: 50 writers on one object, each reads, changes, writes with what it saw; final = number of successes."""
    path = run.ask("POST", "/v1/shipments", {"service": "0"}, a.key).headers["location"]
    gate, tries = threading.Barrier(10), WRITERS // 10

    def write(_):
        gate.wait()
        won = 0
        for _ in range(tries):
            seen = get(run, a, path)
            won += patch(run, a, path, {"service": str(int(seen.json["service"]) + 1)}, seen.headers["etag"]).status == 200
        return won

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        won = sum(pool.map(write, range(10)))
    last = get(run, a, path)
    tap.ok(won > 0 and last.json["service"] == str(won) and last.headers["etag"].startswith('"r%d-' % (won + 1)),
           "of %d writes at once %d won, and each of them counts (D6)" % (WRITERS, won), last)


def projections(tap, run, a):
    path = "/v1/shipments/" + a.values["shipment_id"]
    whole = get(run, a, path).json
    for names in ("status", "shipment_id,handling_units", "handling_units,shipment_id", ",".join(m for m in whole), "created_at,flags,flags"):
        answer = raw(run, a, path + "?fields=" + names)
        expected = {k: v for k, v in whole.items() if k in names.split(",")}
        tap.equal(answer.json, expected, "fields=%.40s" % names)
    page = raw(run, a, "/v1/shipments?limit=2&fields=tracking_number").json
    tap.ok(page["next_cursor"] and all(set(item) == {"tracking_number"} for item in page["data"]) and len(page["data"]) == 2, "fields of a list's items", page)
    following = raw(run, a, "/v1/shipments?limit=2&fields=status&cursor=" + page["next_cursor"])
    tap.equal(following.status, 200, "a cursor goes on under other fields")
    for bad, name in (("fields=", "fields"), ("fields=nothing", "fields"), ("fields=status,", "fields"), ("fields=status&fields=flags", "fields"),
                      ("fields=Status", "fields"), ("expand=", "expand"), ("expand=parties", "expand"), ("expand=events,events2", "expand")):
        answer = get(run, a, path + "?" + bad)
        tap.ok(answer.status == 400 and client.pointers(answer) == [name], "400 names it: " + bad, answer)
    more = get(run, a, path + "?expand=events").json
    events = get(run, a, "/v1/tracking/" + a.values["tracking_number"]).json["events"]
    tap.ok(more["events"] == events and {**more, "events": None} == {**whole, "events": None}, "expand=events adds the events and nothing else")
    tap.equal(raw(run, a, path + "?expand=events&fields=events").json, {"events": events}, "both together")


def raw(run, own, path, **headers):
    """Without the checks of Run.ask, whose schemas know whole answers only."""
    return hansa.ask(run.connection(), "GET", path, key=own.key, headers=headers)


def codings(tap, run, a):
    big = run.ask("POST", "/v1/shipments", {"handling_units": [{"description": "piece %d of a large delivery" % n, "weight_kg": "12.5"} for n in range(150)]}, a.key)
    huge = run.ask("POST", "/v1/shipments", {"handling_units": [{"description": "piece %d of a large delivery" % n} for n in range(500)]}, a.key)
    for what, made in (("large", big), ("larger", huge)):
        path = made.headers["location"]
        plain = raw(run, a, path)
        for accept, is_coded in (("gzip", True), ("gzip, deflate, br", True), ("br, gzip;q=0.5", True), ("*", True), ("GZIP", True), ("gzip;q=0", False),
                                 ("identity", False), ("identity, gzip;q=0.5", False), ("*;q=0.1, gzip;q=0", False), ("br", False)):
            answer = raw(run, a, path, **{"accept-encoding": accept})
            coding = answer.headers.get("content-encoding")
            good = (coding == "gzip" and gzip.decompress(answer.body) == plain.body and len(answer.body) * 4 < len(plain.body)
                    and answer.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"') if is_coded else coding is None and answer.body == plain.body
            tap.ok(answer.status == 200 and good and "accept-encoding" in answer.headers["vary"], "%s, Accept-Encoding: %s" % (what, accept), answer.headers)
        head = hansa.ask(run.connection(), "HEAD", path, key=a.key, headers={"accept-encoding": "gzip"})
        same = raw(run, a, path, **{"accept-encoding": "gzip"})
        tap.equal((head.headers["content-length"], head.headers["etag"], head.body), (same.headers["content-length"], same.headers["etag"], b""), "HEAD says the same")
        known = raw(run, a, path, **{"accept-encoding": "gzip", "if-none-match": same.headers["etag"]})
        tap.equal((known.status, known.headers["etag"]), (304, same.headers["etag"]), "the coded tag is known again")
        tap.equal(patch(run, a, path, {"service": what}, same.headers["etag"]).status, 200, "and good for If-Match")
    small = raw(run, a, "/v1/shipments/" + a.values["shipment_id"], **{"accept-encoding": "gzip"})
    tap.ok("content-encoding" not in small.headers, "a small answer is sent as it is")
    secret = hansa.ask(run.connection(), "POST", "/v1/shipments/%s/links" % a.values["shipment_id"], {}, a.key, {"accept-encoding": "gzip"})
    run.secret(secret.json["token"], "a link's token")
    tap.ok("content-encoding" not in secret.headers and secret.headers["cache-control"] == "no-store", "what tells a secret is never compressed")
    begun = time.monotonic()
    document = hansa.ask(run.connection(), "GET", "/openapi.json", headers={"accept-encoding": "gzip"})
    tap.ok(json.loads(gzip.decompress(document.body)) and len(document.body) < 400000, "the document of the API in %.0f ms" % ((time.monotonic() - begun) * 1000))


def main():
    tap = hansa.Tap()
    run = client.Run("conditions")
    with run:
        a, b = run.world("tenant-a"), run.world("tenant-b")
        for _ in range(3):
            a.shipment(service=world.unique("S"))
        tags(tap, run, a, b)
        patches(tap, run, a)
        lost_updates(tap, run, a)
        projections(tap, run, a)
        codings(tap, run, a)
    run.verdict(tap)
    tap.done()


main()
