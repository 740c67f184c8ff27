#!/usr/bin/env python3
"""The stream leaves nothing out and doubles nothing although transactions commit in another order than they began: eight writers, and
one that holds its events back on purpose; over a killed server, by two servers in turn, through the edge. Revocation ends it."""
import threading
import time
import subprocess

import client
import hansa
import people
import sse
import world

PATH = "/v1/tracking/stream"
WRITERS, ROUNDS = 8, 12


def insert(own, shipment):
    """One event by hand, for a transaction that is held open."""
    return ("insert into tracking.event (tenant_id, shipment_id, event_id, source, source_event_id, code, event_time, zone, zone_source, received_at) "
            "values ('%s', '%s', core.uuidv7(), 'held', core.uuidv7()::text, 'ENR', now(), 'Z', 'OFFSET', now());" % (own.tenant, shipment))


class Held:
    """A transaction with an event in it that is not committed yet."""

    def __init__(self, run, own, shipment):
        self.process = subprocess.Popen(["psql", "-X", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=hansa.url_environment(run.database.super_url), text=True)
        self.process.stdin.write("begin;\n" + insert(own, shipment) + "\n\\echo held\n")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "held":
            pass

    def commit(self):
        self.process.stdin.write("commit;\n")
        self.process.stdin.close()
        self.process.wait()


def follow(way_of, key, stop, found):
    """Reads the stream and comes back whenever it ends or is cut, like a browser; what was told goes to `found`."""
    last_id, turn = None, 0
    while not stop.is_set():
        try:
            reader = sse.Reader(way_of(turn), PATH, key, last_id=last_id)
        except OSError:
            time.sleep(0.1)
            turn += 1
            continue
        turn += 1
        seen = 0
        while reader.thread and reader.ended_at is None and not stop.is_set():
            time.sleep(0.05)
            told = reader.told()
            found.extend(e.json["event"]["event_id"] for e in told[seen:])
            seen = len(told)
        reader.close()
        found.extend(e.json["event"]["event_id"] for e in reader.told()[seen:])
        last_id = reader.last_id or last_id
        time.sleep(0.1)


def write(own, number, errors):
    for _ in range(ROUNDS):
        try:
            stem = world.unique("w")
            hansa.Server.request(own.way, "POST", "/v1/tracking/events", {"events": [
                {"number": number, "source": "w", "source_event_id": "%s-%d" % (stem, i), "code": "ENR", "event_time": "2026-03-10T10:00:00Z"} for i in range(7)]}, own.key)
        except OSError as error:
            errors.append(error)
        time.sleep(0.02)


def everything(tap, run, own, second):
    made = [own.shipment() for _ in range(WRITERS)]
    stop, plain, moved, edged = threading.Event(), [], [], []
    with hansa.Edge(second) as edge:
        readers = [threading.Thread(target=follow, args=args) for args in (
            (lambda turn: second, own.key, stop, plain), (lambda turn: (run.server, second)[turn % 2], own.key, stop, moved), (lambda turn: edge, own.key, stop, edged))]
        for reader in readers:
            reader.start()
        time.sleep(2)
        own.way = second
        errors = []
        held = Held(run, own, made[0]["shipment_id"])
        writers = [threading.Thread(target=write, args=(own, m["tracking_number"], errors)) for m in made]
        for writer in writers:
            writer.start()
        time.sleep(0.7)
        run.server.kill()  # one reader sits there; it goes on at the other server
        time.sleep(0.7)
        tap.equal(len(plain), 0, "while an older transaction is open, nothing younger is told")
        later = Held(run, own, made[1]["shipment_id"])
        held.commit()
        for writer in writers:
            writer.join()
        run.database.sql(insert(own, made[2]["shipment_id"]))
        later.commit()
        wanted = run.database.sql("select event_id from tracking.event where tenant_id = '%s' order by position, event_id;" % own.tenant).split()
        hansa.wait_for(lambda: min(len(plain), len(moved), len(edged)) >= len(wanted), 20)
        time.sleep(1)
        stop.set()
        for reader in readers:
            reader.join()
    tap.ok(not errors and len(wanted) == WRITERS * ROUNDS * 7 + 3, "%d events were committed in a muddle" % len(wanted), errors)
    for found, name in ((plain, "a reader"), (moved, "one whose server was killed with -9 and who went on at another"), (edged, "one behind the edge")):
        tap.ok(found == wanted, name + " got each of them once, in the order of the stream", "%d of %d, %d different" % (len(found), len(wanted), len(set(found))))


def revoked(tap, run, own):
    number = own.shipment()["tracking_number"]
    made = own.post("/v1/keys", {"name": "stream", "scopes": ["tracking:read"]}, 201)
    with sse.Reader(run.server, PATH, made["key"]) as reader:
        reader.wait(lambda: reader.last_id)
        run.ask("DELETE", "/v1/keys/" + made["key_id"], key=own.key)
        at = time.monotonic()
        tap.ok(reader.wait(lambda: reader.ended_at, 3) and reader.ended_at - at < 1.2, "a revoked key's stream ends within a second", (reader.ended_at or 0) - at)
        own.events([{"number": number, "source": "r", "source_event_id": world.unique("r"), "code": "PUP", "event_time": "2026-03-10T10:00:00Z"}])
        tap.equal(reader.told(), [], "and told nothing more")


def customers(tap, run, own):
    mine = own.post("/v1/accounts", {"name": "Mine", "code": world.unique("A")}, 201)["account_id"]
    seen, other = own.shipment(customer={"account_id": mine}), own.shipment()
    person = people.make(run.server, own.slug, world.unique("c") + "@canary.example")
    run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = 'CUSTOMER' where user_id = '%s';"
                     "insert into identity.role_grant (tenant_id, grant_id, user_id, role, reach, account_id) values ('%s', core.uuidv7(), '%s', 'customer', 'ACCOUNT', '%s');"
                     % (person.user_id, person.user_id, own.tenant, person.user_id, mine))
    session = people.sign_in(run.server, person)
    with sse.Reader(run.server, PATH, headers=session.headers()) as reader:
        tap.equal(reader.status, 200, "a customer's person opens a stream with a session")
        reader.wait(lambda: reader.last_id)
        own.events([{"number": m["tracking_number"], "source": "c", "source_event_id": world.unique("c"), "code": "PUP", "event_time": "2026-03-10T10:00:00Z"}
                    for m in (other, seen, other, seen)])
        reader.wait(lambda: len(reader.told()) >= 2)
        time.sleep(0.5)
        tap.equal([e.json["shipment"]["shipment_id"] for e in reader.told()], [seen["shipment_id"]] * 2, "and is told of his accounts' shipments only")
        run.database.sql("update identity.app_user set status = 'DISABLED' where user_id = '%s';" % person.user_id)
        at = time.monotonic()
        tap.ok(reader.wait(lambda: reader.ended_at, 3) and reader.ended_at - at < 1.2, "a person who is shut out loses the stream within a second", (reader.ended_at or 0) - at)


def main():
    tap = hansa.Tap()
    with client.Run("order") as run:
        own = run.world("one", full=False)
        revoked(tap, run, own)
        customers(tap, run, own)
        with hansa.Server(run.database) as second:
            third = run.world("two", full=False)
            everything(tap, run, third, second)
        run.leave()
        run.server.start()
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
