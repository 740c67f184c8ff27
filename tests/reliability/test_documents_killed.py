#!/usr/bin/env python3
"""Two firms tell each other of shipments and tender legs while, twenty times at random, the server or PostgreSQL is killed with kill -9.
Clients ask again under the same Idempotency-Key until they are answered. In the end every event that was acknowledged is in both houses
once, every tender has one award and one shipment, and no document was lost, doubled or left on its way (promises D1, D2, J1, J4)."""
import http.client
import random
import sys
import threading
import time
import uuid

import allied
import hansa
import world

KILLS = 20
LEGS = 12
SECONDS = 60


class Flow:
    """What a world and an alliance need of a run, with clients that never give up."""

    def __init__(self, cluster, server):
        self.database, self.server, self.ended = cluster, server, threading.Event()
        self.is_patient = False  # until the first kill an error is an error

    def secret(self, text, what):
        return text

    def ask(self, method, path, body=None, key=None, headers=None):
        once = {"idempotency-key": uuid.uuid4().hex, **(headers or {})} if method == "POST" else headers
        end = time.monotonic() + SECONDS
        while True:
            try:
                answer = self.server.request(method, path, body, key=key, headers=once, timeout=10)
                if answer.status not in (429, 500, 503) and not (answer.status == 409 and b"idempotency_running" in answer.body):
                    return answer
                told = repr(answer)
            except (OSError, http.client.HTTPException) as error:
                told = repr(error)
            if time.monotonic() > end:
                raise RuntimeError("%s %s: %s" % (method, path, told))
            time.sleep(0.05)


def telling(flow, who, shipment_id, told, faults):
    """Events of one firm, one request each, until the end."""
    number = 0
    try:
        while not flow.ended.is_set():
            number += 1
            name = "%s-%d" % (who.slug, number)
            answer = flow.ask("POST", "/v1/tracking/events", {"events": [{
                "shipment_id": shipment_id, "source": "tms", "source_event_id": name, "code": "ENR", "event_time": "2026-03-10T10:00:00Z"}]}, who.key)
            if answer.status != 200 or answer.json["rejected"]:
                faults.append(repr(answer))
            told.append(name)
            time.sleep(0.02)
    except Exception as error:  # pylint: disable=broad-except
        faults.append(repr(error))


def tendering(flow, fleet, a, b, legs, tenders, faults):
    try:
        for leg in legs:
            if flow.ended.is_set():
                return
            made = a.post("/v1/tenders", {"leg_id": leg, "alliance_id": fleet.alliance_id, "members": [fleet.org_b],
                                          "price_wanted": {"amount": "400.00", "currency": "EUR"}, "expires_at": "2099-01-01T00:00:00Z"}, 201)
            offer = allied.arrived(b, made["tender_id"], SECONDS)
            answer = flow.ask("POST", "/v1/offers/%s/accept" % offer["offer_id"], {}, b.key)
            if answer.status != 200:
                faults.append(repr(answer))
            tenders.append(made["tender_id"])
    except Exception as error:  # pylint: disable=broad-except
        faults.append(repr(error))


def kill_one(dice, cluster, server):
    if dice.random() < 0.5:
        cluster.kill()
        time.sleep(dice.random() * 0.3)
        cluster.start()
        return "PostgreSQL"
    server.kill()
    server.start()
    return "server"


def of_tms(cluster, tenant):
    """Names of the events that stand in a house's books, of its own and as told by the other."""
    rows = cluster.sql("select source_event_id from tracking.event where tenant_id = '%s' and source = 'tms';" % tenant).splitlines()
    return sorted(rows), int(cluster.sql("select count(*) from tracking.event where tenant_id = '%s' and source like 'partner:%%';" % tenant))


def main():
    tap, seed = hansa.Tap(), random.SystemRandom().randrange(10 ** 6)
    dice = random.Random(seed)
    hansa.note("seed %d" % seed)
    with hansa.Cluster() as cluster, hansa.Server(cluster, max_running_tenant=100) as server:
        flow = Flow(cluster, server)
        a, b = (world.World(flow, slug, full=False) for slug in ("owner", "carrier"))
        fleet = allied.Fleet(flow, a, {b: "DELIVERY"})
        fleet.org_b = fleet.org(b)
        made, offer = fleet.awarded(b)
        legs = [fleet.leg()[0] for _ in range(LEGS)]
        told, tenders, faults = {a: [], b: []}, [], []
        threads = [threading.Thread(target=telling, args=(flow, who, shipment, told[who], faults))
                   for who, shipment in ((a, made["shipment_id"]), (b, offer["shipment_id"]))]
        threads.append(threading.Thread(target=tendering, args=(flow, fleet, a, b, legs, tenders, faults)))
        for thread in threads:
            thread.start()
        killed = {"PostgreSQL": 0, "server": 0}
        for _ in range(KILLS):
            time.sleep(0.1 + dice.random() * 0.8)
            killed[kill_one(dice, cluster, server)] += 1
        time.sleep(1)
        flow.ended.set()
        for thread in threads:
            thread.join(2 * SECONDS)
        hansa.note("killed %s; told %d and %d events, %d tenders" % (killed, len(told[a]), len(told[b]), len(tenders)))
        tap.equal(faults[:5], [], "every request was answered in the end, and as it should be")
        tap.ok(len(told[a]) > KILLS and len(told[b]) > KILLS and tenders, "documents flowed meanwhile", (killed, len(told[a]), len(told[b]), len(tenders)))
        tap.ok(allied.settled(flow, 120), "after %d kills the queue runs empty" % KILLS,
               cluster.sql("select kind, tries, last_error, leased_until from core.job;"))
        for who, other in ((a, b), (b, a)):
            own, _ = of_tms(cluster, who.tenant)
            tap.equal(own, sorted(told[who]), "every event that %s was acknowledged is in its books, once" % who.slug)
            _, arrived = of_tms(cluster, other.tenant)
            tap.equal(arrived, len(told[who]), "and on the other side, once")
        awards = cluster.sql("select count(*), count(distinct tender_id) from alliances.bid where state = 'AWARDED' and tender_id in (%s);"
                             % ", ".join("'%s'" % t for t in tenders))
        tap.equal(awards, "%d|%d" % (len(tenders), len(tenders)), "every tender that was accepted is awarded, once")
        tap.equal(allied.faults(cluster), [], "no document is lost, doubled or out of order; no work was given up")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
