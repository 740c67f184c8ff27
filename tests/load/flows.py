"""What takes a way through several books: tender award and status exchange between three tenants of one alliance. Python asks the
same server over HTTP and looks until the answer is there, so each figure includes the look (about 2 ms apart) and Python's own time.

The first tenant owns shipments and offers their legs; the second and third are members that carry. Alliance, stops and legs are
rows made by tests/support/allied.py; tenders, offers, awards and events are requests."""
import datetime
import http.client
import json
import os
import random
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import fleet
import traffic

sys.path.insert(0, os.path.join(fleet.ROOT, "tests", "support"))
import allied  # noqa: E402

LOOK_S = 0.002
PATIENCE_S = 30
CLIENTS = 8
MANY_RATE = 30  # tenders prepared for a second of measuring, all at once
SINGLE_S, PAUSE_S = 3, 0.2  # one at a time: so much longer than other targets, with a pause of 0 to 0.2 s between
LEGS_MOST = 190  # tenders of one run


class House:
    """One tenant, asked over HTTP; a connection for each thread."""

    def __init__(self, port, t, key):
        self.port, self.tenant, self.key, self.local = port, traffic.tenant_id(t), key, threading.local()

    def ask(self, method, path, body=None, key=None):
        """The answer; a connection that has been silent is made anew, since the server lets go of it."""
        now = time.monotonic()
        if getattr(self.local, "asked", 0) < now - 10:
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        self.local.asked = now
        self.local.connection.request(method, path, None if body is None else json.dumps(body).encode(),
                                      {"authorization": "Bearer " + self.key, **({"idempotency-key": key} if key else {}),
                                       **({} if body is None else {"content-type": "application/json"})})
        answer = self.local.connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise SystemExit("%s %s: %d %s" % (method, path, answer.status, said.decode(errors="replace")[:500]))
        return json.loads(said)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body):
        return self.ask("POST", path, body, str(uuid.uuid4()))


class Books:
    """What allied.py asks of a test's run: SQL as the superuser."""

    def __init__(self):
        self.database = self

    @staticmethod
    def sql(text):
        return "\n".join(fleet.sql(text))


class Stage:
    def __init__(self, port, keys, meter):
        self.owner, *self.members = [House(port, t, keys[t]) for t in sorted(keys)[:3]]
        self.books, self.meter, self.pool, self.number, self.at_work = Books(), meter, ThreadPoolExecutor(CLIENTS), 0, []
        self.random = random.Random(17)
        fleet.sql("select partners.api_organisation_open(t.id, t.name) from identity.tenant t where t.slug ~ '^load-[0-9]{3}$' order by t.id limit 3;")
        self.alliance = allied.Fleet(self.books, self.owner, {member: "DELIVERY" for member in self.members})
        self.orgs = self.alliance.orgs()

    def measure(self, flow, seconds):
        """{"ms": [milliseconds each], "seconds", "rate": None of those one at a time, "cores"}"""
        work = getattr(self, "prepare_" + flow.what)(seconds)
        self.meter.begin()
        began, own = time.monotonic(), time.process_time()
        times = getattr(self, "flow_" + flow.what)(work, seconds)
        took = time.monotonic() - began
        cores = self.meter.end(took)
        cores["gen"] += (time.process_time() - own) / took
        cores["other"] -= (time.process_time() - own) / took
        return {"ms": [t * 1000 for t in times], "seconds": took, "rate": len(times) / took if flow.what.endswith("_many") else None, "cores": cores}

    # --- tenders ---

    def tenders(self, count):
        """Legs offered to both members: [(tender id, shipment id, {member: offer id})], when the offers lie in the members' books."""
        place = {"city": "Rotterdam", "country": "NL", "zone": "Europe/Amsterdam"}
        count = min(count, LEGS_MOST)
        shipments = list(self.pool.map(lambda _: self.owner.post("/v1/shipments", {"origin": place, "destination": place})["shipment_id"], range(count)))
        legs = [line.split() for line in fleet.sql("""
            with s as (insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, zone)
                       select '%(t)s', core.uuidv7(), s.id, n.seq, case n.seq when 1 then 'PICKUP' else 'DELIVERY' end, '%(p)s', 'Europe/Amsterdam'
                         from unnest('{%(s)s}'::uuid[]) s (id), generate_series(1, 2) n (seq) returning stop_id, shipment_id, seq),
                 l as (insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, from_stop_id, to_stop_id)
                       select '%(t)s', core.uuidv7(), f.shipment_id, 1, 'ROAD', f.stop_id, t.stop_id
                         from s f join s t on t.shipment_id = f.shipment_id and f.seq = 1 and t.seq = 2 returning leg_id, shipment_id)
            select leg_id || ' ' || shipment_id from l;""" % {"t": self.owner.tenant, "s": ",".join(shipments), "p": json.dumps(place)})]
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = list(self.pool.map(lambda leg: (self.owner.post("/v1/tenders", {
            "leg_id": leg[0], "alliance_id": self.alliance.alliance_id, "members": self.orgs, "expires_at": until,
            "price_wanted": {"amount": "400.00", "currency": "EUR"}})["tender_id"], leg[1]), legs))
        wanted, offers = {tender for tender, _ in made}, {}
        for member in self.members:
            offers[member] = self.seen(lambda m=member: self.offers_of(m, wanted), "offers in a member's books")
        return [(tender, shipment, {member: offers[member][tender] for member in self.members}) for tender, shipment in made]

    @staticmethod
    def offers_of(member, wanted):
        """tender id → offer id, once all that are wanted are there."""
        found, cursor = {}, ""
        while True:
            page = member.get("/v1/offers?state=OFFERED&limit=200" + cursor)
            found.update((o["tender_id"], o["offer_id"]) for o in page["data"] if o["tender_id"] in wanted)
            if len(found) == len(wanted) or not page.get("next_cursor"):
                return found if len(found) == len(wanted) else None
            cursor = "&cursor=" + page["next_cursor"]

    @staticmethod
    def seen(look, what):
        began = time.monotonic()
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() - began > PATIENCE_S:
                raise SystemExit("waited %d s in vain for %s" % (PATIENCE_S, what))
            time.sleep(LOOK_S)

    def accept(self, tender):
        """The members win in turn. Gives the winner."""
        self.number += 1
        winner = self.members[self.number % 2]
        winner.post("/v1/offers/%s/accept" % tender[2][winner], {})
        return winner

    def awarded(self, tender, winner):
        """Looks until the award is in both books; keeps what was awarded for the exchange."""
        self.seen(lambda: self.owner.get("/v1/tenders/" + tender[0])["state"] == "AWARDED", "the award in the owner's books")
        offer = self.seen(lambda: (lambda o: o if o["state"] == "AWARDED" else None)(winner.get("/v1/offers/" + tender[2][winner])),
                          "the award in the winner's books")
        self.at_work.append({"winner": winner, "theirs": offer["shipment_id"], "mine": tender[1], "told": 0})

    def one_at_a_time(self, seconds, work):
        """Times of work(0), work(1) …, at moments that have nothing to do with the server's own clockwork."""
        times, stop = [], time.monotonic() + SINGLE_S * seconds
        while time.monotonic() < stop or len(times) < 5:
            time.sleep(self.random.uniform(0, PAUSE_S))
            began = time.monotonic()
            if work(len(times)) is False:
                break
            times.append(time.monotonic() - began)
        return times

    def prepare_award(self, seconds):
        return self.tenders(10 * SINGLE_S * seconds)

    def flow_award(self, tenders, seconds):
        return self.one_at_a_time(seconds, lambda i: i < len(tenders) and self.awarded(tenders[i], self.accept(tenders[i])))

    def prepare_award_many(self, seconds):
        return self.tenders(MANY_RATE * seconds)

    def flow_award_many(self, tenders, _):
        """Each counts from the first acceptance, since all were there at once."""
        began = time.monotonic()
        winners = list(self.pool.map(self.accept, tenders))
        times = []
        for tender, winner in zip(tenders, winners):
            self.awarded(tender, winner)
            times.append(time.monotonic() - began)
        return times

    # --- status ---

    def prepare_exchange(self, seconds):
        """Shipments of which a member carries the leg."""
        missing = min(10 * seconds, 40) - len(self.at_work)
        if missing > 0:
            self.flow_award_many(self.tenders(missing), seconds)
        return self.at_work[-LEGS_MOST:]

    prepare_exchange_many = prepare_exchange

    def tell(self, one):
        """An event at the carrier."""
        self.number += 1
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        one["winner"].post("/v1/tracking/events", {"events": [{
            "shipment_id": one["theirs"], "source": "tms", "source_event_id": "flow-%d" % self.number, "code": "ENR", "event_time": moment,
            "place": {"city": "Breda", "country": "NL"}}]})
        one["told"] += 1

    def heard(self, one):
        self.seen(lambda: sum(e["source"].startswith("partner:") for e in self.owner.get("/v1/shipments/%s?expand=events" % one["mine"])["events"])
                  == one["told"], "the event on the owner's shipment")

    def flow_exchange(self, shared, seconds):
        def one(i):
            self.tell(shared[i % len(shared)])
            self.heard(shared[i % len(shared)])

        return self.one_at_a_time(seconds, one)

    def flow_exchange_many(self, shared, seconds):
        """One event for each of the shipments and second. Each counts from the first, since all were there at once."""
        began = time.monotonic()
        events = shared * seconds
        list(self.pool.map(self.tell, events))
        times = []
        for one in shared:
            self.heard(one)
            times += [time.monotonic() - began] * (len(events) // len(shared))
        return times
