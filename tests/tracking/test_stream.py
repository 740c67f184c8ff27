#!/usr/bin/env python3
"""GET /v1/tracking/stream: events come as they are recorded; an id leads on behind it without a gap or a double; filters; what is
lost is said; limits, the door, keep-alives, the end of a server."""
import time
import uuid

import client
import hansa
import sse
import world

PATH = "/v1/tracking/stream"


def recorded(run, own, since=""):
    """Ids of the tenant's events in the order of the stream."""
    where = " and event_id > '%s'" % since if since else ""
    return run.database.sql("select event_id from tracking.event where tenant_id = '%s'%s order by position, event_id;" % (own.tenant, where)).split()


def tell(own, number, code="ENR", count=1):
    stem = world.unique("s")
    return own.events([{"number": number, "source": "test", "source_event_id": "%s-%d" % (stem, i), "code": code, "event_time": "2026-03-10T10:00:00Z"}
                       for i in range(count)])


def as_they_come(tap, run, own):
    made = own.shipment()
    number = made["tracking_number"]
    tell(own, number)
    before = len(recorded(run, own))
    with sse.Reader(run.server, PATH, own.key) as reader:
        tap.ok(reader.status == 200 and reader.headers.get("content-type", "").startswith("text/event-stream"), "the answer is an event stream", reader.headers)
        tap.ok("content-length" not in reader.headers and "content-encoding" not in reader.headers, "without length or coding", reader.headers)
        tap.ok(reader.wait(lambda: reader.last_id and reader.retry), "it begins with an id and a time after which to come back")
        began = time.monotonic()
        tell(own, number, "ARH")
        tap.ok(reader.wait(lambda: reader.told()), "an event is told")
        tap.ok(reader.told() and reader.told()[0].at - began < 1.5, "within a second and a half", reader.told() and reader.told()[0].at - began)
        first = reader.told()[0].json
        tap.equal((first["event"]["code"], first["shipment"]), ("ARH", {"shipment_id": made["shipment_id"], "tracking_number": number, "status": "AT_HUB"}),
                  "with its shipment and the status after it")
        tap.equal(run.document.faults({"$ref": "#/components/schemas/TrackingEventTold"}, first), [], "and the data is as published")
        tell(own, number, "DEP", 3)
        wanted = recorded(run, own)[before:]
        tap.ok(reader.wait_for_ids(wanted), "what follows comes once and in order", (reader.event_ids(), wanted))
        ids = [e.last_id for e in reader.told()]
    with sse.Reader(run.server, PATH, own.key, last_id=ids[1]) as reader:
        tap.ok(reader.wait_for_ids(wanted[2:]), "an id leads on behind its event", (reader.event_ids(), wanted[2:]))
        tell(own, number, "ARH")
        tap.ok(reader.wait_for_ids(recorded(run, own)[before + 2:]), "and the new ones follow")
        end = reader.last_id
    with sse.Reader(run.server, PATH, own.key, last_id=end) as reader:
        time.sleep(1)
        tap.equal(reader.event_ids(), [], "behind the last id is nothing")
    return number, made["shipment_id"]


def filters(tap, run, own):
    account = own.post("/v1/accounts", {"name": "Filter", "code": world.unique("F")}, 201)["account_id"]
    one, two = own.shipment(customer={"account_id": account}), own.shipment()
    begin = sse.Reader(run.server, PATH, own.key)
    begin.wait(lambda: begin.last_id)
    start = begin.last_id
    begin.close()
    stem = world.unique("f")
    codes = [(one, "PUP"), (two, "PUP"), (one, "DEP"), (two, "ARH"), (one, "ARH")]
    for i, (made, code) in enumerate(codes):
        own.events([{"number": made["tracking_number"], "source": "test", "source_event_id": "%s-%d" % (stem, i), "code": code,
                     "event_time": "2026-03-11T%02d:00:00Z" % (10 + i)}])

    def got(query):
        with sse.Reader(run.server, PATH + query, own.key, last_id=start) as reader:
            time.sleep(1)
            return [(e.json["shipment"]["shipment_id"], e.json["event"]["code"]) for e in reader.told()]
    told = [(made["shipment_id"], code) for made, code in codes]
    tap.equal(got(""), told, "without a filter everything is told")
    tap.equal(got("?shipment_id=" + two["shipment_id"]), [t for t in told if t[0] == two["shipment_id"]], "one shipment")
    tap.equal(got("?shipment_id=%s,%s" % (two["shipment_id"], one["shipment_id"])), told, "several shipments")
    tap.equal(got("?account_id=" + account), [t for t in told if t[0] == one["shipment_id"]], "one customer")
    tap.equal(got("?code=ARH"), [t for t in told if t[1] == "ARH"], "one code")
    tap.equal(got("?status=AT_HUB&code=PUP"), [t for t in told if t[1] == "PUP"], "the status as it is when told, with a code")
    tap.equal(got("?status=DELIVERED"), [], "a status that none has")
    for bad, name in (("?shipment_id=" + "x" * 36, "an id that is none"), ("?shipment_id=" + ",".join(str(uuid.uuid4()) for _ in range(50)) + ",x", "too many ids"),
                      ("?status=NOWHERE", "no such status"), ("?cursor=x", "no such parameter")):
        answer = run.ask("GET", PATH + bad, key=own.key)
        tap.ok(answer.status == 400, name + " is 400", answer)
    answer = run.ask("GET", PATH, key=own.key, headers={"accept": "application/json"})
    tap.ok(answer.status == 406, "as JSON it is not to be had", answer)


def long_way(tap, run, own):
    """More than a page, and a page in which nothing fits the filter."""
    quiet, loud = own.shipment(), own.shipment()
    with sse.Reader(run.server, PATH, own.key) as reader:
        reader.wait(lambda: reader.last_id)
        start = reader.last_id
    before = len(recorded(run, own))
    for _ in range(2):
        tell(own, loud["tracking_number"], count=900)
    tell(own, quiet["tracking_number"])
    wanted = recorded(run, own)[before:]
    with sse.Reader(run.server, PATH, own.key, last_id=start) as reader:
        tap.ok(reader.wait_for_ids(wanted, 30), "1,801 events of the past come, each once, in order", len(reader.event_ids()))
    with sse.Reader(run.server, PATH + "?shipment_id=" + quiet["shipment_id"], own.key, last_id=start) as reader:
        tap.ok(reader.wait_for_ids(wanted[-1:], 10), "one among 1,801 is found", len(reader.event_ids()))


def resets(tap, run, own, other):
    with sse.Reader(run.server, PATH, other.key) as reader:
        reader.wait(lambda: reader.last_id)
        foreign = reader.last_id
    number = own.shipment()["tracking_number"]
    for last_id, name in (("bm9uc2Vuc2Ugd2l0aG91dCBhIHRhZw", "an id that we did not make"), (foreign, "another tenant's id")):
        with sse.Reader(run.server, PATH, own.key, last_id=last_id) as reader:
            tap.ok(reader.wait(lambda: reader.told("reset")), name + " is answered by a reset", reader.events)
            tell(own, number)
            tap.ok(reader.wait(lambda: reader.told()) and len(reader.told()) == 1, "and the stream goes on from now", reader.event_ids())


def lost(tap, run, own):
    """Ages: the id tells when it was made."""
    import base64
    import hashlib
    import hmac
    with open(run.server.settings["secret_file"], "rb") as file:
        secret = file.read(256)
    key = hashlib.sha256(("stream %s tracking/event_stream" % own.tenant).encode()).digest()

    def made(position):
        tag = hmac.new(secret, key + position.encode(), hashlib.sha256).digest()[:16]
        return base64.urlsafe_b64encode(tag + position.encode()).decode().rstrip("=")
    present = int(run.database.sql("select pg_current_xact_id();"))
    nobody = "00000000-0000-0000-0000-000000000000"
    for position, is_reset, name in (("%d.%s.%d" % (present, nobody, time.time() - 8 * 86400), True, "an id of eight days ago"),
                                     ("%d.%s.%d" % (present, nobody, time.time() - 6 * 86400), False, "an id of six days ago"),
                                     ("%d.%s.%d" % (present + 10**6, nobody, time.time()), True, "an id of transactions that never were (a restored database)")):
        with sse.Reader(run.server, PATH, own.key, last_id=made(position)) as reader:
            reader.wait(lambda: reader.ids)
            time.sleep(0.2)
            tap.ok(bool(reader.told("reset")) == is_reset, name + (" is lost" if is_reset else " is not lost"), (reader.status, reader.events))


def limits(tap, run, own):
    readers = [sse.Reader(run.server, PATH, own.key) for _ in range(6)]
    tap.equal([r.status for r in readers], [200] * 5 + [429], "the sixth stream of a tenant that may hold five is 429")
    tap.ok(b"core/too_many_streams" in readers[5].body and readers[5].headers.get("retry-after"), "and says so", readers[5].body)
    tap.ok(hansa.wait_for(lambda: "hansa_streams 5" in run.server.metrics(), 3), "the metric counts five")
    tap.equal(run.ask("GET", "/v1/shipments?limit=1", key=own.key).status, 200, "open streams take no place from other calls")
    for reader in readers[:3]:
        reader.close()
    readers = readers[3:5] + [sse.Reader(run.server, PATH, own.key) for _ in range(4)]
    tap.equal([r.status for r in readers[2:]], [200] * 3 + [429], "places are free as soon as their clients leave")
    for reader in readers[:5]:
        reader.close()
    tap.ok(hansa.wait_for(lambda: "hansa_streams 0" in run.server.metrics(), 5), "streams whose clients left are gone within seconds", run.server.metrics()[:400])
    answer = run.ask("HEAD", PATH, key=own.key)
    tap.ok(answer.status == 200 and answer.headers["content-type"].startswith("text/event-stream"), "HEAD ends at once", answer.headers)


def silence(tap, run, own):
    with sse.Reader(run.server, PATH, own.key) as reader:
        reader.wait(lambda: reader.last_id)
        first = reader.last_id
        time.sleep(11.5)
        tap.ok(reader.comments >= 1 and reader.ended_at is None, "in silence a comment comes every ten seconds", reader.comments)
        tap.ok(reader.last_id != first, "with a younger id")


def the_end(tap, run, own):
    number = own.shipment()["tracking_number"]
    readers = [sse.Reader(run.server, PATH, own.key) for _ in range(3)]
    for reader in readers:
        reader.wait(lambda r=reader: r.last_id)
    tell(own, number)
    for reader in readers:
        reader.wait(lambda r=reader: r.told())
    began = time.monotonic()
    code = run.server.stop()
    tap.equal(code, 0, "SIGTERM ends a server with open streams")
    tap.ok(time.monotonic() - began < 5, "at once", time.monotonic() - began)
    tap.equal([(r.is_whole, r.retry) for r in readers if r.thread.join(5) is None], [(True, 1000)] * 3, "the streams end whole and say when to come back")
    run.leave()
    run.server.start()
    tell(own, number)
    wanted = recorded(run, own)[-1:]
    with sse.Reader(run.server, PATH, own.key, last_id=readers[0].last_id) as reader:
        tap.ok(reader.wait_for_ids(wanted), "and the next server goes on where the last one ended", reader.event_ids())


def main():
    tap = hansa.Tap()
    with client.Run("stream", max_streams_tenant=5) as run:
        own, other = run.world("one", full=False), run.world("two", full=False)
        as_they_come(tap, run, own)
        filters(tap, run, own)
        long_way(tap, run, own)
        resets(tap, run, own, other)
        lost(tap, run, own)
        limits(tap, run, other)
        silence(tap, run, own)
        the_end(tap, run, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
