#!/usr/bin/env python3
"""Sharing is sending: nothing that the charter keeps back is in any row of a receiver (house.md section 4; promise T11).

By brute force. In the owner's house each thing that is not for carriers is given a text or a number that stands nowhere else; a leg is
tendered, countered, awarded, carried, told of both ways, and another one withdrawn. Then every row of every table is read as text, in the
receivers' houses and in what is common to all, and searched. That the search bites is shown by itself: each of these texts is found in the
owner's rows, and what the charter grants is found in the receiver's.
"""
import itertools
import json

import allied
import client
import hansa
import world

_serial = itertools.count(1)
COLUMNS_NEVER = {"zone", "source", "source_event_id", "tenant_id", "number_key", "email_key", "search_text", "locale", "kind"}
TABLES = """select c.oid::regclass::text, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)' order by 1;"""


class Plants:
    """Texts and numbers that stand nowhere else, and what they are."""

    def __init__(self):
        self.kept, self.granted = {}, {}

    def text(self, what, is_granted=False, form="KEPT%sQX"):
        value = form % ("%d%04d" % (world.os.getpid() % 100000, next(_serial)))
        (self.granted if is_granted else self.kept)[value] = what
        return value

    def told(self, what):
        return self.text(what, True, "TOLD%sQX")

    def amount(self, what, is_granted=False):
        value = "7%05d%04d.37" % (world.os.getpid() % 100000, next(_serial))
        (self.granted if is_granted else self.kept)[value] = what
        return value


def place(plants, what, is_granted):
    """A stop's place: the city is told in any case, the rest from the award on."""
    def rest(name):
        return plants.told(name) if is_granted else plants.text(name)
    return {"city": plants.told(what + ": city"), "country": "NL", "zone": "Europe/Amsterdam", "name": rest(what + ": name"),
            "address_lines": [rest(what + ": street")], "postcode": rest(what + ": postcode")}


def made(a, path, body):
    answer = a.run.ask("POST", path, body, a.key, {"idempotency-key": world.unique("key")})
    assert answer.status == 201, answer
    return answer.json


def plant_customer(run, a, plants):
    """Everything around the shipment: the customer, its people, what was said, what it pays."""
    account = a.post("/v1/accounts", {"kind": "CUSTOMER", "name": plants.text("customer's name"), "code": plants.text("customer's code"),
                                      "industry": plants.text("industry"), "tags": [plants.text("tag", form="kept%sqx")]}, 201)["account_id"]
    contact = a.post("/v1/contacts", {"account_id": account, "name": plants.text("contact's name"), "title": plants.text("contact's title"),
                                      "email": plants.text("contact's e-mail", form="kept%s@canary.example")}, 201)["contact_id"]
    a.post("/v1/interactions", {"account_id": account, "contact_id": contact, "channel": "PHONE", "direction": "IN", "subject": plants.text("subject of a call"),
                                "summary": plants.text("summary of a call"), "occurred_at": "2026-03-01T10:00:00Z"}, 201)
    order = made(a, "/v1/orders", {"account_id": account, "references": [{"kind": "PO", "number": plants.text("customer's order number")}],
                                  "price": {"amount": plants.amount("sell price"), "currency": "EUR"}, "cod": {"amount": plants.amount("cash on delivery"), "currency": "EUR"},
                                  "service": plants.text("service of the order"),
                                  "cargo": [{"description": plants.text("goods of the order"), "quantity": "1", "value": {"amount": plants.amount("value of goods"), "currency": "EUR"}}]})
    return account, order


def plant_columns(run, tenant, rooms, plants):
    """Whatever else of these rooms takes a text or a number gets one of its own: what a check forbids, or holds one already, is left."""
    tried, script = {}, []
    for line in run.database.sql("""select c.oid::regclass || ' ' || a.attname || ' ' || a.atttypid::regtype from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind = 'r' and n.nspname = any ('{%s}') and a.atttypid in ('text'::regtype, 'numeric'::regtype)
              and a.attgenerated = '' and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id') order by 1;""" % ",".join(rooms)).splitlines():
        table, column, kind = line.split(" ")
        if column in COLUMNS_NEVER:
            continue
        what = "%s.%s" % (table, column)
        value = plants.text(what) if kind == "text" else plants.amount(what)
        tried[what] = plants.kept.pop(value) and value
        script.append("do $$ begin update %(t)s set %(c)s = '%(v)s' where tenant_id = '%(a)s' and not coalesce(%(c)s::text ~ 'KEPT|kept|Outside|[.]37$', false);"
                      " exception when others then null; end $$;\n\\echo %(t)s.%(c)s\nselect count(*) from %(t)s where tenant_id = '%(a)s' and %(c)s::text = '%(v)s';"
                      % {"t": table, "c": column, "v": value, "a": tenant})
    lines = run.database.sql("\n".join(script)).splitlines()
    planted = [what for what, count in zip(lines[::2], lines[1::2]) if count != "0"]
    plants.kept.update({tried[what]: what for what in planted})
    return len(planted)


def rows_of(run, tenants, is_common):
    """{table: all its rows of these tenants, as text}; bytes are read as text too."""
    script = []
    for line in run.database.sql("""select t.*, coalesce(b.columns, '') from (%s) t (name, is_walled) left join lateral (select string_agg(a.attname, ' ') from pg_attribute a
            where a.attrelid = t.name::regclass and a.atttypid = 'bytea'::regtype and not a.attisdropped) b (columns) on true;""" % TABLES.rstrip(";")).splitlines():
        table, is_walled, columns = line.split("|")
        if (is_walled == "t") != is_common:
            where = "" if is_common else " where t.tenant_id = any ('{%s}')" % ",".join(tenants)
            script.append("\\echo @@%s\nselect t::text from %s t%s;" % (table, table, where))
            script += ["select encode(%s, 'escape') from %s t%s;" % (column, table, where) for column in columns.split()]
    parts = ("\n" + run.database.sql("\n".join(script))).split("\n@@")[1:]
    return dict(part.partition("\n")[::2] for part in parts)


def leaks(texts, values):
    """What of the values stands where."""
    return ["%s in %s" % (what, table) for table, text in texts.items() for value, what in values.items() if value in text]


def main():
    tap, plants = hansa.Tap(), Plants()
    run = client.Run("leak", max_running_tenant=100)
    with run:
        a, b, c = (run.world(name, full=False) for name in ("owner", "winner", "loser"))
        fleet = allied.Fleet(run, a, {b: "DELIVERY", c: "DELIVERY"})
        account, order = plant_customer(run, a, plants)
        outside = allied.partner(a, "HXPP", plants.text("partner's name").replace("KEPT", "Outside "))
        for value in [v for v, what in plants.kept.items() if what == "partner's name"]:
            plants.kept.pop(value)  # a listed organisation is public
        units = [world.sscc() for _ in range(2)]
        plants.granted[units[0]] = plants.granted[units[1]] = "SSCC"
        mine = a.post("/v1/shipments", {
            "customer": {"account_id": account}, "tracking_number": plants.text("tracking number"), "service": plants.text("service"), "incoterm": "DAP",
            "incoterm_place": plants.text("incoterm place"), "references": [{"kind": k, "number": plants.text("reference " + k)} for k in ("BOL", "PO", "CUSTOMER", "INVOICE")],
            "parties": [{"role": r, "name": plants.text("name of the " + r), "code": plants.text("code of the " + r),
                         "address": {"address_lines": [plants.text("street of the " + r)], "city": plants.text("city of the " + r), "country": "NL"}}
                        for r in ("SHIPPER", "CONSIGNEE", "BILL_TO", "NOTIFY")],
            "origin": {"name": plants.text("origin's name"), "city": plants.text("origin's city"), "country": "NL", "zone": "Europe/Amsterdam"},
            "destination": {"name": plants.text("destination's name"), "city": plants.text("destination's city"), "country": "BE", "zone": "Europe/Brussels"},
            "handling_units": [{"sscc": u, "type": "PALLET", "description": plants.text("goods in a unit")} for u in units]}, 201)["shipment_id"]
        run.database.sql("update orders.shipment set order_id = '%s' where shipment_id = '%s';" % (order["order_id"], mine))
        # The first leg is tendered; the second is nobody's business but the owner's.
        places = [place(plants, "pickup", True), place(plants, "hub", True), place(plants, "last stop", False)]
        hidden = plants.granted.pop(places[2]["city"])
        plants.kept[places[2]["city"]] = hidden
        legs = allied.legs(run, a, mine, places=places)
        run.database.sql("update orders.leg set cost_amount = %s, cost_currency = 'EUR', vehicle = '%s' where leg_id = '%s';"
                         % (plants.amount("cost of another leg"), plants.text("vehicle of another leg"), legs[1]))
        planted = plant_columns(run, a.tenant, ("crm", "sales", "partners"), plants)
        hansa.note("%d texts and numbers are planted, %d of them column by column; %d are granted" % (len(plants.kept), planted, len(plants.granted)))

        tender = fleet.tender(legs[0], partners=[outside], price_wanted={"amount": plants.amount("price wanted", True), "currency": "EUR"},
                              price_max={"amount": "8" + plants.amount("greatest price"), "currency": "EUR"}, notes=plants.told("notes"))
        theirs, others = (allied.arrived(w, tender["tender_id"]) for w in (b, c))
        counter = plants.amount("price of the winner, to the loser", True)
        run.ask("POST", "/v1/offers/%s/counter" % theirs["offer_id"], {"price": {"amount": counter, "currency": "EUR"}, "notes": plants.told("winner's notes")}, b.key)
        run.ask("POST", "/v1/offers/%s/counter" % others["offer_id"], {"price": {"amount": plants.amount("price of the loser", False), "currency": "EUR"},
                                                                      "notes": plants.text("loser's notes")}, c.key)
        bids = hansa.wait_for(lambda: (lambda t: t["bids"] if sum(x["state"] == "COUNTERED" for x in t["bids"]) == 2 else None)(a.get("/v1/tenders/" + tender["tender_id"]).json), 10)
        chosen = next(x for x in bids if x["price"] and x["price"]["amount"] == counter)
        run.ask("POST", "/v1/tenders/%s/award" % tender["tender_id"], {"bid_id": chosen["bid_id"]}, a.key)
        won = hansa.wait_for(lambda: (lambda o: o if o["state"] == "AWARDED" else None)(allied.offer_of(b, tender["tender_id"])), 10)
        hansa.wait_for(lambda: allied.offer_of(c, tender["tender_id"])["state"] == "GONE", 10)
        taken_back = fleet.tender(legs[1], members=[fleet.org(c)], notes=plants.text("notes to the loser, who is not to know them twice").replace("KEPT", "OPEN"))
        for value in [v for v, what in plants.kept.items() if what.startswith("notes to the loser")]:
            plants.kept.pop(value)
        plants.kept.pop(places[2]["city"])  # the loser was asked for that leg, so the city is told
        plants.granted.pop(places[1]["city"])
        allied.arrived(c, taken_back["tender_id"])
        run.ask("POST", "/v1/tenders/%s/withdraw" % taken_back["tender_id"], {"reason": plants.text("why it was withdrawn")}, a.key)

        def events(who, shipment_id, *told):
            who.events([{"shipment_id": shipment_id, "source": "tms", "source_event_id": world.unique("ev"), **event} for event in told])
        events(a, mine, {"code": "DLY", "event_time": "2026-03-10T15:00:00Z", "leg_id": legs[1], "reason": plants.text("reason of a delay"), "raw_code": plants.text("raw code"),
                         "raw_list": plants.text("raw list"), "place": {"city": plants.told("city of an event"), "country": "BE", "region": plants.text("region of an event"),
                                                                        "name": plants.text("site of an event")}},
               {"code": "ENR", "event_time": "2026-03-10T16:00:00Z", "place": {"city": plants.text("city of an event of no leg"), "country": "BE"}})
        events(b, won["shipment_id"], {"code": "PUP", "event_time": "2026-03-10T15:00:00Z", "reason": "AO", "place": {"city": "Breda", "country": "NL"}})
        allied.settled(run)
        tap.equal(run.database.sql("select count(*) from tracking.event where tenant_id = '%s' and source like 'partner:%%';" % a.tenant), "1", "the winner's event came")

        for value in [v for v, what in plants.kept.items() if what in ("price of the loser", "loser's notes")]:
            told = plants.kept.pop(value)
            tap.equal(leaks(rows_of(run, [b.tenant], False), {value: told}), [], "the winner learns nothing of the loser: " + told)
        owner = rows_of(run, [a.tenant], False)
        blind = [what for value, what in plants.kept.items() if not any(value in text for text in owner.values())]
        tap.ok(len(plants.kept) > 50 and not blind, "the search finds each of %d plants in the owner's rows" % len(plants.kept), blind)
        walled, common = rows_of(run, [b.tenant, c.tenant], False), rows_of(run, [], True)
        tap.ok(len(walled) > 40 and len(common) > 10, "%d walled tables and %d common ones are searched" % (len(walled), len(common)))
        tap.equal(leaks(walled, plants.kept), [], "no row of a receiver holds anything that was kept back (T11)")
        tap.equal(leaks(common, plants.kept), [], "nor does any table that is common to all")
        tap.equal(leaks(common, plants.granted), [], "where there is nothing of what was told either: it lies in the books of both, and not between")
        winner = rows_of(run, [b.tenant], False)
        missing = [what for value, what in plants.granted.items() if not any(value in text for text in winner.values())]
        tap.equal(missing, [], "what the charter grants is in the winner's rows: the control")
        loser = rows_of(run, [c.tenant], False)
        early = {v: w for v, w in plants.granted.items() if w.endswith((": name", ": street", ": postcode")) or w in ("SSCC", "winner's notes", "price of the winner, to the loser")}
        early[fleet.org(b)] = early[b.tenant] = "who the winner is"
        tap.equal(leaks(loser, early), [], "the loser has nothing of what an award tells, nor who has it")
        tap.equal(leaks(walled, {t["tender_id"]: "x" for t in ()} | {mine: "the owner's shipment's id", legs[0]: "leg's id", account: "account's id"}), [],
                  "no id of the owner's shipment, leg or customer is told")
        body = json.loads(run.database.sql("select body from exchange.document where tenant_id = '%s' and kind = 'AWARD';" % b.tenant))
        tap.equal(sorted(body), ["cargo", "from", "handling_units", "leg", "price", "tender_id", "to"], "an award has the members that were granted, and no other")
        tap.ok(run.server.is_alive(), "and the house stands")
        # The search sees a leak when there is one.
        value, what = next(iter(plants.kept.items()))
        run.database.sql("insert into core.event (tenant_id, event_id, type, object_kind, object_id, data) values ('%s', core.uuidv7(), 'a.b.c', 'x', core.uuidv7(), "
                         "jsonb_build_object('x', '%s'));" % (b.tenant, value))
        tap.equal(leaks(rows_of(run, [b.tenant], False), plants.kept), ["%s in core.event" % what], "a leak that is made on purpose is seen (mutation)")
    run.verdict(tap)
    tap.done()


main()
