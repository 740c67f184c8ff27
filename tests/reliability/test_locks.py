#!/usr/bin/env python3
"""Promises F2, F3, F4: who waits for a lock waits alone (decision 0040). Judged by who was answered while the lock was held and by
the server's own counters; tests/load/locks measures the times."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import events_load
import hansa

tap = hansa.Tap()


def counters(server):
    """The lanes' counters, not older than the call: the loops sample them ten times a second."""
    def read():
        return {line.split()[0]: int(line.split()[1]) for line in server.metrics().splitlines() if line.startswith("hansa_db_")}
    first, seen = read(), []

    def is_newer():
        server.request("GET", "/readyz")  # a unit that only a later sample counts
        seen.append(read())
        return seen[-1]["hansa_db_units_total"] > first["hansa_db_units_total"]
    hansa.wait_for(is_newer, 10)
    return seen[-1]


class Asking:
    """Threads that ask the same again and again until end(), and what they were answered."""

    def __init__(self, server, asks, count):
        self.server, self.asks, self.is_over, self.got, self.failed = server, asks, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, thread):
        link = self.server.connect()
        try:
            while not self.is_over.is_set():
                answer = hansa.ask(link, *self.asks[thread % len(self.asks)]())
                self.got.append((answer.status, answer.json.get("type") if answer.json else None, "retry-after" in answer.headers))
        except Exception as error:  # noqa: BLE001 a thread's failure is the test's
            self.failed.append(repr(error))

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(20)
        return self


def events(key, number):
    """Posts an event of its own each time."""
    return lambda: ("POST", "/v1/tracking/events", {"events": [{"source": "t", "source_event_id": os.urandom(8).hex(), "number": number, "code": "OTH",
                                                                "event_time": "2026-03-02T10:00:00Z"}]}, key)


def get(path, key):
    return lambda: ("GET", path, None, key)


def answers(server, asks):
    """What is wrong with the answers to each of them, once."""
    link, wrong = server.connect(), []
    for ask in asks:
        answer = hansa.ask(link, *ask())
        if not 200 <= answer.status < 300:
            wrong.append("%s %s: %r" % (*ask()[:2], answer))
    link.close()
    return wrong


def all_locked(got):
    return got and all(one == (503, "/problems/core/locked", True) for one in got)


def row(server, database, a, b):
    """A row of A is locked and eight clients of A write to it; B does not notice."""
    a_key, b_key = a["key"], b["key"]
    held = hansa.Held(database, "select from tracking.shipment_status where shipment_id = '%s' for update;"
                                "select from orders.shipment where shipment_id = '%s' for update" % (a["shipment_id"], a["shipment_id"]))
    name = {"service": "LOCKED"}
    asks = [events(a_key, "A1"), lambda: ("PATCH", "/v1/shipments/" + a["shipment_id"], name, a_key, {"if-match": "*"})]
    writers = Asking(server, asks, 8)
    tap.ok(hansa.wait_for(lambda: counters(server)["hansa_db_waiting"] >= 4, 20), "a locked row: its writers are in the waiting lane")
    before = counters(server)
    wrong = answers(server, [get("/v1/tracking/B1", b_key), events(b_key, "B1"), get("/v1/shipments?limit=20", b_key)] * 25)
    wrong += answers(server, [get("/v1/tracking/A1", a_key), get("/v1/shipments?limit=20", a_key), get("/v1/tasks", a_key)] * 5)
    after = counters(server)
    tap.equal(wrong, [], "a locked row: the neighbour's reads and writes, and the tenant's own reads, are answered")
    told = {name: after["hansa_db_" + name] - before["hansa_db_" + name] for name in ("held_up_total", "lock_waits_total")}
    tap.equal(told["held_up_total"], 0, "a locked row: no unit of the neighbour stood behind the lock (F2)", told)
    tap.ok(after["hansa_db_waiting"] > 0, "a locked row: its writers were waiting all the while", after)
    tap.ok(hansa.wait_for(lambda: len(writers.got) >= 8, 20) and all_locked(list(writers.got)), "a locked row: its writers get 503 core/locked with Retry-After (F4)", writers.got[:9])
    held.release()
    count = len(writers.got)
    tap.ok(hansa.wait_for(lambda: sum(status in (200, 202) for status, *_ in writers.got[count:]) >= 8, 20), "the lock is gone: its writers get through", writers.got[-9:])
    tap.equal(writers.end().failed, [], "a locked row: no connection was lost")
    tap.ok(hansa.wait_for(lambda: counters(server)["hansa_db_waiting"] == 0, 10), "the lock is gone: nobody waits")


def once(server, database, a):
    """Under an Idempotency-Key a try that met the lock left no trace: the request has its effect once."""
    held = hansa.Held(database, "lock table orders.shipment in share mode")
    got, key = [], {"idempotency-key": "locked-once"}
    thread = threading.Thread(target=lambda: got.append(server.request("POST", "/v1/shipments", {"service": "ONCE"}, a["key"], key)))
    thread.start()
    tap.ok(hansa.wait_for(lambda: counters(server)["hansa_db_waiting"] == 1, 10), "with an Idempotency-Key: it waits")
    held.release()
    thread.join(20)
    again = server.request("POST", "/v1/shipments", {"service": "ONCE"}, a["key"], key)
    tap.ok(got and got[0].status == 201 and again.status == 201 and again.json == got[0].json and "idempotency-replayed" in again.headers,
           "with an Idempotency-Key: done once, and told again", "%r %r" % (got, again))
    tap.equal(database.sql("select count(*) from orders.shipment where service = 'ONCE'"), "1", "with an Idempotency-Key: there is one")


def table(server, database, tenants):
    """A locked table holds up what needs it and nothing else."""
    held = hansa.Held(database, "lock table crm.task in access exclusive mode")
    askers = Asking(server, [get("/v1/tasks", t["key"]) for t in tenants], 12)
    tap.ok(hansa.wait_for(lambda: counters(server)["hansa_db_waiting"] >= 12, 20), "a locked table: who needs it waits")
    before = counters(server)
    wrong = answers(server, [ask for t in tenants for ask in (get("/v1/shipments?limit=20", t["key"]), get("/v1/tracking/" + t["number"], t["key"]),
                                                              events(t["key"], t["number"]), get("/v1/contacts", t["key"]))] * 4)
    after = counters(server)
    tap.equal(wrong, [], "a locked table: every tenant is answered by endpoints that do not touch it")
    tap.equal(after["hansa_db_held_up_total"] - before["hansa_db_held_up_total"], 0, "a locked table: nothing of theirs stood behind it")
    tap.ok(hansa.wait_for(lambda: len(askers.got) >= 12, 20) and all_locked(list(askers.got)), "a locked table: who needs it gets 503 core/locked (F4)", askers.got[:5])
    held.release()
    count = len(askers.got)
    tap.ok(hansa.wait_for(lambda: sum(status == 200 for status, *_ in askers.got[count:]) >= 12, 20), "the table is free: they are answered", askers.got[-5:])
    tap.equal(askers.end().failed, [], "a locked table: no connection was lost")


def door(server, database, a):
    """The door's own table is locked: who has no confirmed key waits by himself; what needs no door is answered."""
    token = server.request("POST", "/v1/shipments/%s/links" % a["shipment_id"], {}, a["key"]).json["url"].rsplit("/", 1)[1]
    hansa.wait_for(lambda: server.request("GET", "/track/" + token).status == 200, 5)
    held = hansa.Held(database, "lock table identity.api_key in access exclusive mode")
    askers = Asking(server, [get("/v1/tasks", a["key"])], 6)
    tap.ok(hansa.wait_for(lambda: counters(server)["hansa_db_waiting"] >= 6, 20), "the door is locked: its look-ups wait aside")
    tap.equal(answers(server, [get("/track/" + token, None), get("/healthz", None), get("/openapi.json", None)] * 5), [], "the door is locked: what needs none is answered")
    held.release()
    tap.ok(hansa.wait_for(lambda: askers.got and askers.got[-1][0] == 200, 20), "the door is open again", askers.got[-3:])
    tap.equal(askers.end().failed, [], "the door: no connection was lost")


def migration(server, database, a):
    """`migrate` wants a table that somebody reads for long: it tries again and again, and stands in nobody's way."""
    file = "rooms/orders/walls.sql"
    database.sql("update core.migration set sha256 = 'another' where path = '%s'" % file)
    held, ended = hansa.Held(database, "select count(*) from orders.shipment"), []

    def migrate(**settings):
        return hansa.run_hansa(["migrate"], check=False, HANSA_OWNER_DATABASE_URL=database.owner_url, **settings)

    def known():
        return database.sql("select sha256 from core.migration where path = '%s'" % file)
    done = migrate(HANSA_MIGRATE_WAIT_S="0")
    tap.ok(done.returncode == 1 and file in done.stderr and "migrate_wait_s" in done.stderr and known() == "another",
           "migrate, out of patience: says which file and by which setting, and nothing is applied", done)
    thread = threading.Thread(target=lambda: ended.append(migrate()))
    thread.start()

    def tries():
        return int(database.sql("select count(*) from pg_stat_activity where datname = current_database() and usename = 'hansa_owner' and wait_event_type = 'Lock'"))
    seen = 0
    for _ in range(3):
        seen += hansa.wait_for(tries, 20)
        hansa.wait_for(lambda: not tries(), 20)
    wrong = answers(server, [get("/v1/shipments?limit=20", a["key"]), get("/v1/shipments/" + a["shipment_id"], a["key"])] * 20)
    tap.equal(wrong, [], "migrate waits for a table: who reads it is answered")
    tap.ok(seen == 3 and not ended and known() == "another", "migrate waits for a table: it has tried again and again", "%r %r" % (seen, ended))
    held.release()
    thread.join(60)
    tap.ok(ended and ended[0].returncode == 0 and known() != "another", "the table is free: migrate gets through", ended)


def main():
    with hansa.Database() as database, hansa.Server(database) as server:
        tenants = []
        for slug in "abcd":
            _, key = server.tenant("locks-" + slug)
            number = slug.upper() + "1"
            tenants.append({"key": key, "number": number, "shipment_id": events_load.shipment_make(server, key, number)})
            wrong = answers(server, [events(key, number)])
            if wrong:
                raise RuntimeError(wrong)
        row(server, database, *tenants[:2])
        once(server, database, tenants[0])
        table(server, database, tenants)
        door(server, database, tenants[0])
        migration(server, database, tenants[0])
        lost = [line for line in server.log_lines() if line.get("message") == "database connection lost"]
        tap.equal(lost, [], "no connection to the database was lost")
    tap.done()


main()
