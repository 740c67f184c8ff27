"""Allied tenants for tests: an alliance with a charter in force, legs to be tendered, and what lies in whose books.

    fleet = allied.Fleet(run, a, {b: "DELIVERY"}, rules)      # worlds of client.Run; rules as in a charter
    leg = fleet.leg(shipment_id)
"""
import json
import uuid

import hansa

# What a charter may well say: carriers see the leg, not for whom it is.
RULES = [
    {"document": "TENDER", "role": "DELIVERY", "fields": ["/leg", "/from/place/city", "/from/place/country", "/from/place/zone", "/to/place/city",
                                                          "/to/place/country", "/to/place/zone", "/cargo", "/price", "/notes"]},
    {"document": "AWARD", "role": "DELIVERY", "fields": ["/leg", "/from", "/to", "/cargo", "/handling_units/sscc", "/handling_units/type"]},
    {"document": "STATUS", "role": "DELIVERY", "fields": ["/events/code", "/events/event_time", "/events/zone", "/events/zone_source",
                                                          "/events/place/city", "/events/place/country", "/events/eta"]},
    {"document": "STATUS", "role": "REQUESTING", "fields": ["/events"]},
    {"document": "POD", "role": "REQUESTING", "fields": ["/condition", "/pieces_ok", "/pieces_short", "/pieces_damaged", "/delivered_at"]},
]


def literal(value):
    return "'" + str(value).replace("'", "''") + "'"


class Fleet:
    """An alliance of worlds. The lead asks, the others carry. Rows are made in the tables: how alliances come to be is told by their own tests."""

    def __init__(self, run, lead, carriers, rules=None):
        self.run, self.lead, self.carriers, self.alliance_id, self.version = run, lead, carriers, str(uuid.uuid4()), 0
        run.database.sql("insert into alliances.alliance (alliance_id, lead_tenant, name, purpose, mode) values ('%s', '%s', 'Test', 'Tests', 'STANDING');"
                         % (self.alliance_id, lead.tenant))
        self.charter(RULES if rules is None else rules)
        for world, role in {lead: "REQUESTING", **carriers}.items():
            run.database.sql("insert into alliances.member (alliance_id, member_tenant, org_id, roles, state) "
                             "select '%s', '%s', o.org_id, '{%s}', 'ACTIVE' from partners.organisation o where o.of_tenant = '%s';"
                             % (self.alliance_id, world.tenant, role, world.tenant))

    def charter(self, rules):
        """Puts a new version in force."""
        self.version += 1
        body = json.dumps({"alliance": self.alliance_id, "version": self.version, "text": "Test", "share_rules": rules})
        self.run.database.sql("""begin;
            update alliances.charter set state = 'SUPERSEDED' where alliance_id = '%(a)s' and state = 'IN_FORCE';
            insert into alliances.charter (alliance_id, version, charter_id, state, body, sha256)
                values ('%(a)s', %(v)d, core.uuidv7(), 'IN_FORCE', %(b)s::jsonb, sha256(convert_to((%(b)s::jsonb)::text, 'UTF8')));
            update alliances.alliance set charter_version = %(v)d, state = 'ACTIVE' where alliance_id = '%(a)s'; commit;"""
                              % {"a": self.alliance_id, "v": self.version, "b": literal(body)})

    def leave(self, world):
        self.run.database.sql("update alliances.member set state = 'LEFT' where alliance_id = '%s' and member_tenant = '%s';" % (self.alliance_id, world.tenant))

    def back(self, world):
        self.run.database.sql("update alliances.member set state = 'ACTIVE' where alliance_id = '%s' and member_tenant = '%s';" % (self.alliance_id, world.tenant))

    def org(self, world):
        return self.run.database.sql("select org_id from partners.organisation where of_tenant = '%s';" % world.tenant)

    def orgs(self):
        return [self.org(world) for world in self.carriers]

    def leg(self, shipment_id=None, count=1, world=None, **stop):
        """A shipment's legs, one behind the other, PLANNED; gives their ids."""
        world = world or self.lead
        return legs(self.run, world, shipment_id or shipment(world), count, **stop)

    def tender(self, leg_id, minutes=60, **body):
        return self.lead.post("/v1/tenders", {"leg_id": leg_id, "alliance_id": self.alliance_id, "members": self.orgs(),
                                              "price_wanted": {"amount": "400.00", "currency": "EUR"},
                                              "expires_at": self.run.database.sql("select core.rfc3339(now() + interval '%s minutes');" % minutes), **body}, 201)

    def awarded(self, carrier, leg_id=None, **body):
        """A leg of the lead that a carrier has: (tender, the carrier's offer)."""
        made = self.tender(leg_id or self.leg()[0], members=[self.org(carrier)], **body)
        offer = arrived(carrier, made["tender_id"])
        carrier.post("/v1/offers/%s/accept" % offer["offer_id"], {})
        return made, hansa.wait_for(lambda: (lambda o: o if o["state"] == "AWARDED" else None)(offer_of(carrier, made["tender_id"])), 10, 0.25)


def shipment(world, **more):
    return world.post("/v1/shipments", {"origin": {"city": "Rotterdam", "country": "NL", "zone": "Europe/Amsterdam"},
                                        "destination": {"city": "Gent", "country": "BE", "zone": "Europe/Brussels"}, **more}, 201)["shipment_id"]


def legs(run, world, shipment_id, count=1, places=None):
    """Stops and legs in the tables; `places` are the stops' places."""
    places = places or [{"city": "Stop %d" % i, "country": "NL", "zone": "Europe/Amsterdam"} for i in range(count + 1)]
    made = run.database.sql("""
        with s as (insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, zone)
                   select '%(t)s', core.uuidv7(), '%(s)s', p.place, case when p.place = 1 then 'PICKUP' when p.place = %(n)d then 'DELIVERY' else 'HUB' end,
                          p.value, 'Europe/Amsterdam'
                     from jsonb_array_elements(%(p)s::jsonb) with ordinality p (value, place) returning stop_id, seq),
             l as (insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, from_stop_id, to_stop_id)
                   select '%(t)s', core.uuidv7(), '%(s)s', f.seq, 'ROAD', f.stop_id, t.stop_id from s f join s t on t.seq = f.seq + 1 order by f.seq
                   returning leg_id, seq)
        select leg_id from l order by seq;""" % {"t": world.tenant, "s": shipment_id, "n": len(places), "p": literal(json.dumps(places))})
    return made.splitlines()


def offer_of(world, tender_id):
    """The offer that a tender became in somebody's books, or None."""
    answer = world.get("/v1/offers?limit=200")
    if answer.status != 200:
        raise RuntimeError("offers: %r" % answer)
    found = [o for o in answer.json["data"] if o["tender_id"] == tender_id]
    return found[0] if found else None


def arrived(world, tender_id, seconds=10):
    return hansa.wait_for(lambda: offer_of(world, tender_id), seconds, 0.25)


def partner(world, scac=None, name="Outside"):
    """A partner that is not on this installation: an account and the relation to an organisation."""
    run, account = world.run, world.post("/v1/accounts", {"kind": "PARTNER", "name": name, "scac": scac}, 201)["account_id"]
    run.database.sql("""with o as (insert into partners.organisation (org_id, legal_name, country, entered_by_tenant, is_listed)
                                   values (core.uuidv7(), %s, 'NL', '%s', true) returning org_id)
                        insert into partners.partner (tenant_id, partner_id, org_id, state, network_role)
                        select '%s', '%s', o.org_id, 'ACTIVE', 'PEER' from o;""" % (literal(name), world.tenant, world.tenant, account))
    return account


def settled(run, seconds=20):
    """Waits until no document is on its way and no job of the exchange waits; True when it is so."""
    return hansa.wait_for(lambda: run.database.sql("select not exists (select from core.job where kind like 'exchange.%' and dead_at is null) and not exists "
                                                   "(select from exchange.document where state = 'QUEUED');") == "t", seconds, 0.2)


def faults(database):
    """What must not be, whatever was killed: for end-to-end tests that kill servers and databases while documents flow. Everything is counted
    over all tenants, once the queue is empty."""
    told = []
    for what, query in {
            "a document was sent and did not arrive": """select count(*) from exchange.document o where o.direction = 'OUT' and o.state = 'SENT' and not exists
                (select from exchange.document i where i.direction = 'IN' and i.document_id = o.document_id and i.tenant_id = o.counterpart)""",
            "a document is still on its way": "select count(*) from exchange.document where state = 'QUEUED'",
            "a document came from nowhere": """select count(*) from exchange.document i where i.direction = 'IN' and not exists
                (select from exchange.document o where o.direction = 'OUT' and o.document_id = i.document_id and o.tenant_id = i.counterpart)""",
            "bodies of the two ends differ": """select count(*) from exchange.document i join exchange.document o on o.document_id = i.document_id
                and o.direction = 'OUT' where i.direction = 'IN' and i.body <> o.body""",
            "the order of a channel has a gap": """select count(*) from (select tenant_id, counterpart, subject_id, max(sequence) - count(*) as gap from exchange.document
                where direction = 'OUT' group by 1, 2, 3) g where gap <> 0""",
            "a tender was awarded twice": "select count(*) from (select tenant_id, tender_id from alliances.bid where state = 'AWARDED' group by 1, 2 having count(*) > 1) d",
            "an awarded tender has no bid, or its leg no carrier's state": """select count(*) from alliances.tender t where t.state = 'AWARDED' and (not exists
                (select from alliances.bid b where b.tenant_id = t.tenant_id and b.bid_id = t.awarded_bid_id and b.state = 'AWARDED') or exists
                (select from orders.leg l where l.tenant_id = t.tenant_id and l.leg_id = t.leg_id and l.state in ('PLANNED', 'TENDERED')))""",
            "an awarded member has no shipment": """select count(*) from alliances.bid b join alliances.offer o on o.tenant_id = b.member and o.tender_id = b.tender_id
                where b.state = 'AWARDED' and o.shipment_id is null""",
            "an award made no order, or two, or at another price": """select count(*) from alliances.offer o where o.counterpart is not null and o.state = 'AWARDED' and (select count(*)
                from orders.order_ r join orders.shipment s on s.tenant_id = r.tenant_id and s.order_id = r.order_id and s.shipment_id = o.shipment_id
                where r.tenant_id = o.tenant_id and r.source = 'EXCHANGE' and r.source_id = o.tender_id and r.price_amount is not distinct from o.price) <> 1""",
            "an ally is two customers": "select count(*) from (select tenant_id, counterpart from alliances.ally group by 1, 2 having count(*) > 1) d",
            "one award made two shipments": """select count(*) from (select n.tenant_id, n.number from orders.shipment_number n join exchange.document d
                on d.tenant_id = n.tenant_id and d.kind = 'AWARD' and d.direction = 'IN' and n.number = d.document_id::text group by 1, 2 having count(*) > 1) x""",
            "an event that was told is not on the other side": """select count(*) from exchange.document d, jsonb_array_elements(d.body -> 'events') e
                where d.kind = 'STATUS' and d.direction = 'OUT' and d.state = 'SENT' and not exists
                (select from tracking.event t where t.tenant_id = d.counterpart and t.source like 'partner:%' and t.source_event_id = e ->> 'id')""",
            "work was given up": "select count(*) from core.job where dead_at is not null"}.items():
        count = database.sql(query + ";")
        if count != "0":
            told.append("%s (%s times)" % (what, count))
    return told
