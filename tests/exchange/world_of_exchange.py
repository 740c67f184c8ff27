"""Tenders, offers and documents, many to be used up: rows are made in the tables, since it is the endpoints that these are for. The partner
that is asked is of the tenant's own (world_of_partners)."""
PLACE = 55
MANY = 90

PLACES = """with s as (insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, zone)
        select '%(t)s', core.uuidv7(), '%(s)s', n + 500, 'HUB', '{"city": "Venlo", "country": "NL"}', 'Europe/Amsterdam' from generate_series(1, 2) n returning stop_id)
    select string_agg(stop_id::text, ' ') from s;"""
LEGS = """insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, state, from_stop_id, to_stop_id)
    select '%(t)s', core.uuidv7(), '%(s)s', %(from)d + n, 'ROAD', '%(state)s', '%(a)s', '%(b)s' from generate_series(1, %(n)d) n returning leg_id;"""
TENDER = """insert into alliances.tender (tenant_id, tender_id, shipment_id, leg_id, state, award_rule, price_wanted, currency, expires_at, offered_at)
        values ('%(t)s', core.uuidv7(), '%(s)s', '%(leg)s', '%(state)s', 'MANUAL', 400, 'EUR', now() + interval '1 day', %(at)s);
    insert into alliances.bid (tenant_id, bid_id, tender_id, account_id, state) select x.tenant_id, core.uuidv7(), x.tender_id, '%(p)s', '%(bid)s'
        from alliances.tender x where x.tenant_id = '%(t)s' and x.leg_id = '%(leg)s';
    insert into alliances.offer (tenant_id, offer_id, account_id, tender_id, price_offered, currency_offered, expires_at, state)
        select y.tenant_id, y.bid_id, y.account_id, y.tender_id, 400, 'EUR', now() + interval '1 day', y.state from alliances.bid y join alliances.tender x
        on x.tenant_id = y.tenant_id and x.tender_id = y.tender_id where x.tenant_id = '%(t)s' and x.leg_id = '%(leg)s' and x.state = 'OFFERED';
    select y.tender_id || ' ' || y.bid_id from alliances.bid y join alliances.tender x on x.tenant_id = y.tenant_id and x.tender_id = y.tender_id
        where x.tenant_id = '%(t)s' and x.leg_id = '%(leg)s';"""
DOCUMENT = """insert into exchange.document (tenant_id, document_id, direction, kind, counterpart, alliance_id, charter_version, role, subject_id, sequence, body, state,
        created_at, sent_at, settled_at) select '%(t)s', core.uuidv7(), 'IN', 'STATUS', o.of_tenant, core.uuidv7(), 1, 'OWNER', '%(d)s', 1, '{"events": []}', 'APPLIED', now(), now(), now()
        from partners.organisation o where o.org_id = '%(o)s' returning document_id;"""


SOUND = ("ISA*00*          *00*          *ZZ*PARKED         *ZZ*HOUSE          *260301*1200*U*00401*%09d*0*P*:~GS*QM*A*B*20260301*1200*1*X*004010~ST*214*0001~"
         "B10*PRO%s*LD%s*PARK~LX*1~AT7*AF*NS***20260301*0900*CT~SE*5*0001~GE*1*1~IEA*1*%09d~")
PARKED = """insert into exchange.edi_message (tenant_id, message_id, format, sender, receiver, control, usage, verdict, raw, report)
        select '%(t)s', core.uuidv7(), 'X12', 'ZZ:PARKED', 'ZZ:HOUSE', '1', 'P', 'PARKED', convert_to(%(raw)s, 'UTF8'), '{"duplicate": false, "reason": null, "warnings": [], "sets": []}'
          from generate_series(1, %(n)d) n returning message_id;"""
PROFILE = """insert into exchange.edi_partner (tenant_id, edi_partner_id, sender, number_reuse) values ('%s', core.uuidv7(), '%s', 'PARK') returning edi_partner_id;"""


def parked(world):
    """Profiles, and messages that wait for a step."""
    sql = world.run.database.sql
    raw = "format('%s', n, n, n, n)" % SOUND.replace("%09d", "%s").replace("'", "''")
    for name in ("fresh_parked_id", "fresh_discarded_id"):
        world.values.fresh[name] = sql(PARKED % {"t": world.tenant, "raw": raw, "n": MANY}).splitlines()
    world.values["tested_id"] = sql((PARKED % {"t": world.tenant, "raw": raw, "n": 1}).replace("'PARKED', convert_to", "'TEST', convert_to"))
    world.values["edi_partner_id"] = sql(PROFILE % (world.tenant, "ZZ:PARKED"))
    sql(PROFILE % (world.tenant, "ZZ:TAKEN"))


def fill(world):
    parked(world)
    values, sql, seq = world.values, world.run.database.sql, [500]
    shipment = world.shipment()["shipment_id"]
    stops = sql(PLACES % {"t": world.tenant, "s": shipment}).split()

    def legs(count, state):
        made = sql(LEGS % {"t": world.tenant, "s": shipment, "from": seq[0], "state": state, "a": stops[0], "b": stops[1], "n": count}).splitlines()
        seq[0] += count
        return made

    def tenders(count, state="OFFERED", bid="OFFERED"):
        """[(tender_id, bid_id)]; the offer has the bid's id."""
        text = "\n".join(TENDER % {"t": world.tenant, "s": shipment, "leg": leg, "state": state, "p": values["partner_id"], "bid": bid,
                                   "at": "now()" if state == "OFFERED" else "null"} for leg in legs(count, "TENDERED" if state == "OFFERED" else "PLANNED"))
        return [line.split() for line in sql(text).splitlines()]

    fresh = values.fresh
    fresh["fresh_tender_leg_id"] = legs(2 * MANY, "PLANNED")
    values["tendered_leg_id"] = legs(1, "TENDERED")[0]
    values["tender_id"], values["offer_id"] = tenders(1)[0]
    values["counter_tender_id"], values["counter_offer_id"] = tenders(1)[0]
    values["tender_shipment_id"] = shipment
    values["closed_tender_id"], values["closed_offer_id"] = tenders(1)[0]
    sql("update alliances.tender set state = 'WITHDRAWN', closed_at = now() where tender_id = '%s'; update alliances.offer set state = 'WITHDRAWN' where tender_id = '%s';"
        % (values["closed_tender_id"], values["closed_tender_id"]))
    fresh["fresh_tender_draft_id"] = [one[0] for one in tenders(MANY, "DRAFT")]
    fresh["fresh_withdrawn_id"] = [one[0] for one in tenders(MANY)]
    fresh["fresh_accepted_id"] = [one[1] for one in tenders(MANY)]
    fresh["fresh_declined_id"] = [one[1] for one in tenders(MANY)]
    awards = tenders(MANY, "OFFERED", "ACCEPTED")
    fresh["fresh_award_id"], fresh["fresh_award_bid_id"] = [one[0] for one in awards], [one[1] for one in awards]
    sql("insert into alliances.ally (tenant_id, counterpart, account_id) select '%s', o.of_tenant, '%s' from partners.organisation o where o.org_id = '%s';"
        % (world.tenant, values["partner_id"], values["org_id"]))
    values["document_id"] = sql(DOCUMENT % {"t": world.tenant, "d": values["tender_id"], "o": values["org_id"]})
