"""Two tenants and a little of everything in each, made by the endpoints' own statements."""
import hashlib

import statements

A = "01a00000-0000-7000-8000-00000000000a"
B = "01a00000-0000-7000-8000-00000000000b"
KEY = {A: "01a00000-0000-7000-8000-0000000000aa", B: "01a00000-0000-7000-8000-0000000000bb"}


def sscc(serial):
    """A valid SSCC for a serial number."""
    digits = "1061414" + "%010d" % serial
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def tenants(db):
    """Makes both tenants and a key for each; gives {tenant: Runner}."""
    for tenant, slug in ((A, "alpha"), (B, "beta")):
        db.sql("""insert into identity.tenant (id, slug, name) values ('%s', '%s', '%s Freight');
                  insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes)
                  values ('%s', '%s', 'abcd1234', 'scanner', 'hansa_live_', sha256('%s'), '{orders:read,orders:write}');"""
               % (tenant, slug, slug.title(), tenant, KEY[tenant], slug))
    return {tenant: statements.Runner(db.app_url, tenant, KEY[tenant]) for tenant in (A, B)}


def shipment(run, reference, units=0, first_unit=1, **more):
    """Makes a shipment with a BOL and gives its document."""
    body = {"customer": {"code": "ACME", "name": "Acme Ltd"}, "references": [{"kind": "BOL", "number": reference}],
            "origin": {"city": "Chicago", "country": "US", "zone": "America/Chicago"},
            "destination": {"city": "Gent", "country": "BE", "zone": "Europe/Brussels"},
            "parties": [{"role": "CONSIGNEE", "name": "Jan Peeters"}],
            "handling_units": [{"sscc": sscc(first_unit + i)} for i in range(units)], **more}
    return run.body("orders/shipment_create", body=body)


def event(number, identity, code, time, **more):
    return {"number": number, "source": "tms", "source_event_id": identity, "code": code, "event_time": time, **more}


def record(run, *events):
    return run.body("tracking/event_record", body={"events": list(events)})


def link(run, shipment_id, secret=b"secret", **body):
    return run.body("tracking/link_create", shipment_id=shipment_id, secret_hash=hashlib.sha256(secret).digest(), token="t" * 48,
                    hint="tttt", url="https://127.0.0.1:8443/track/" + "t" * 48, body=body)


def edi_document(control="000000001", sender="02:ABCD", events=None, **more):
    """What the codec makes of a file with one 214 (server/codec/x12_document.h)."""
    one = {"status": "P1", "reason": "NS", "code": "DEP", "text": "left a terminal", "moves_status": True, "time_kind": "occurred",
           "time_subject": None, "event_time_local": "2026-03-10T10:42", "zone": "America/Chicago", "zone_source": "given",
           "latitude": None, "longitude": None, "at": {"city": "CHICAGO", "state": "IL", "country": "US"}, "raw": "AT7*P1*NS"}
    part = {"set": "214", "control": "0001", "group": 0, "verdict": "accepted", "problem": None, "warnings": [],
            "carrier_reference": "PRO-1", "shipment_id": "LD-1", "scac": "ABCD", "keys": [["SHIPMENT", "LD-1"], ["PRO", "PRO-1"]],
            "parties": [], "addresses": [], "references": [], "loops": [], "kept": [], "events": [one] if events is None else events, **more}
    return {"verdict": "accepted", "reason": None, "warnings": [],
            "interchanges": [{"sender": sender, "receiver": "ZZ:US", "control": control, "usage": "P", "date": "260310", "time": "1100",
                              "groups": [{"code": "QM", "control": "1", "date": "20260310", "time": "1100"}],
                              "sets": [part]}]}


def organisation(run, account_id):
    """A unit, a role, a person who holds it, a contact with a consent: as the application role."""
    run.psql("""set hansa.tenant_id = '%(t)s';
        insert into identity.org_unit (tenant_id, unit_id, name) values ('%(t)s', core.uuidv7(), 'Branch');
        insert into identity.role (tenant_id, role, name, audience, scopes) values ('%(t)s', 'clerk', 'Clerk', 'STAFF', '{orders:read}');
        insert into identity.app_user (tenant_id, user_id, email, name) values ('%(t)s', '%(t)s', 'ada@example.com', 'Ada Berg');
        insert into identity.role_grant (tenant_id, grant_id, user_id, role, reach) values ('%(t)s', core.uuidv7(), '%(t)s', 'clerk', 'TENANT');
        insert into core.idempotency (tenant_id, actor_id, route, key, request_hash, outcome, expires_at)
        values ('%(t)s', '%(t)s', 'POST /v1/shipments', 'k', sha256('k'), 'NONE', now() + interval '1 day');
        insert into crm.contact (tenant_id, contact_id, account_id, name) values ('%(t)s', '%(t)s', '%(a)s', 'Maria Jansen');
        insert into crm.consent (tenant_id, consent_id, contact_id, purpose, source, granted_at)
        values ('%(t)s', core.uuidv7(), '%(t)s', 'SURVEYS', 'phone', now());""" % {"t": run.tenant, "a": account_id})


def person(run):
    """A session, a link in the outbox, a recovery code, a failed sign-in and a provider's word for the person of organisation()."""
    run.psql("""set hansa.tenant_id = '%(t)s';
        insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, address)
            values ('%(t)s', core.uuidv7(), '%(t)s', sha256('cookie'), 1800, now() + interval '12 hours', '192.0.2.7');
        insert into identity.user_link (tenant_id, link_id, user_id, kind, token_hash, email, expires_at)
            values ('%(t)s', '%(t)s', '%(t)s', 'INVITATION', sha256('token'), 'ada@example.com', now() + interval '7 days');
        insert into identity.outgoing_link (tenant_id, link_id, sealed) values ('%(t)s', '%(t)s', 'sealed');
        insert into identity.recovery_code (tenant_id, user_id, code_hash) values ('%(t)s', '%(t)s', sha256('code'));
        insert into identity.login_failure (tenant_id, subject, failure_count, last_at) values ('%(t)s', sha256('ada'), 1, now());
        insert into identity.idp (tenant_id, idp_id, slug, name, issuer, client_id, scopes)
            values ('%(t)s', '%(t)s', 'staff', 'Staff', 'https://login.example.com', 'hansa', '{openid}');
        insert into identity.idp_login (tenant_id, state_hash, idp_id, browser_hash, nonce_hash, verifier, return_to, expires_at)
            values ('%(t)s', sha256('s'), '%(t)s', sha256('b'), sha256('n'), 'sealed', '/', now() + interval '10 minutes');
        insert into identity.user_identity (tenant_id, issuer, subject, user_id) values ('%(t)s', 'https://login.example.com', 'ada', '%(t)s');""" % {"t": run.tenant})


def partner(run, account_id):
    """The tenant's entry in the directory, and a relation with a rating."""
    run.psql("""begin; set local hansa.tenant_id = '%(t)s';
        select partners.api_organisation_open('%(t)s', 'Freight');
        insert into partners.partner (tenant_id, partner_id, org_id, network_role)
            values ('%(t)s', '%(a)s', partners.api_organisation_of('%(t)s'), 'OWN');
        insert into alliances.ally (tenant_id, counterpart, account_id) values ('%(t)s', '%(t)s', '%(a)s');
        insert into partners.rating (tenant_id, rating_id, partner_id, score, reasons)
            values ('%(t)s', core.uuidv7(), '%(a)s', 4, '[{"criterion": "PRICE", "text": "Fair"}]');
        insert into partners.setting (tenant_id, expired_credentials) values ('%(t)s', 'WARN'); commit;""" % {"t": run.tenant, "a": account_id})


def tender(run, shipment_id, account_id):
    """A leg on offer to a partner outside, with its offer; a document, its channel and a share."""
    run.psql("""begin; set local hansa.tenant_id = '%(t)s';
        insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, zone) select '%(t)s', core.uuidv7(), '%(s)s', n, 'HUB', '{}', 'UTC' from generate_series(901, 902) n;
        insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, from_stop_id, to_stop_id)
            select '%(t)s', core.uuidv7(), '%(s)s', 901, 'ROAD', f.stop_id, o.stop_id from orders.stop f join orders.stop o on o.shipment_id = f.shipment_id and o.seq = 902
             where f.shipment_id = '%(s)s' and f.seq = 901;
        insert into alliances.tender (tenant_id, tender_id, shipment_id, leg_id, award_rule, expires_at)
            select '%(t)s', '%(t)s', '%(s)s', l.leg_id, 'MANUAL', now() from orders.leg l where l.shipment_id = '%(s)s' and l.seq = 901;
        insert into alliances.bid (tenant_id, bid_id, tender_id, account_id) values ('%(t)s', '%(t)s', '%(t)s', '%(a)s');
        insert into alliances.offer (tenant_id, offer_id, tender_id, account_id, expires_at) values ('%(t)s', '%(t)s', '%(t)s', '%(a)s', now());
        insert into exchange.document (tenant_id, document_id, direction, kind, counterpart, alliance_id, charter_version, role, subject_id, sequence, body, state, created_at)
            values ('%(t)s', '%(t)s', 'OUT', 'STATUS', '%(a)s', '%(a)s', 1, 'OWNER', '%(t)s', 1, '{"parties": [{"name": "Jan Peeters"}]}', 'SENT', now());
        insert into exchange.channel (tenant_id, counterpart, subject_id, last_sequence) values ('%(t)s', '%(a)s', '%(t)s', 1);
        insert into exchange.share (tenant_id, share_id, counterpart, alliance_id, side, shipment_id) values ('%(t)s', '%(t)s', '%(a)s', '%(a)s', 'CARRIER', '%(s)s'); commit;"""
             % {"t": run.tenant, "s": shipment_id, "a": account_id})


def trail(run):
    """What room audit and room privacy keep beside entries: an address, a salt, a seal, its signature; a setting, an erasure."""
    context = {"actor_id": KEY[run.tenant], "actor_kind": "KEY", "address": "192.0.2.7", "endpoint": "crm/contact_create", "method": "POST"}
    run.psql("begin; set local hansa.tenant_id = '%s'; select audit.api_note('%s', %s, 'contact', core.uuidv7(), '{\"personal\": {\"name\": \"Jan\"}}'); commit;"
             % (run.tenant, run.tenant, statements.literal(context)))
    sealed = run.body("audit/seal_cut")
    run.body("audit/head_sign", seal_no=sealed["seal_no"], hash=sealed["hash"], signature="00" * 32)
    run.body("privacy/retention_set", body={"classes": [{"class": "SESSIONS", "days": 60}]})
    run.body("privacy/erasure_create", body={"subject": {"receiver": {"name": "Nobody At All"}}})


def customers(run, account_id):
    """A tag, a channel, a touch, a task, what search knows of them; an opportunity and a quote with an option."""
    run.psql("""set hansa.tenant_id = '%(t)s';
        insert into crm.account_tag (tenant_id, account_id, tag) values ('%(t)s', '%(a)s', 'key');
        insert into crm.contact_channel (tenant_id, contact_id, place, channel, address) values ('%(t)s', '%(t)s', 1, 'WECHAT', 'maria');
        insert into crm.interaction (tenant_id, interaction_id, account_id, channel, direction, summary, occurred_at)
            values ('%(t)s', core.uuidv7(), '%(a)s', 'PHONE', 'IN', 'Called.', now());
        insert into crm.task (tenant_id, task_id, title) values ('%(t)s', core.uuidv7(), 'Call back');
        select crm.api_search_put('%(t)s', 'CONTACT', '%(t)s', '%(a)s', 'Maria Jansen', 'Maria Jansen', '{}');
        insert into sales.opportunity (tenant_id, opportunity_id, account_id, name) values ('%(t)s', '%(t)s', '%(a)s', 'Chance');
        insert into sales.quote (tenant_id, quote_id, quote_number, account_id, title, currency, valid_until, zone)
            values ('%(t)s', '%(t)s', 'HQ1', '%(a)s', 'Offer', 'EUR', now() + interval '1 day', 'UTC');
        insert into sales.quote_option (tenant_id, quote_id, option_no, name, route, transit_days, price)
            values ('%(t)s', '%(t)s', 1, 'Road', 'A – B', 2, 100);""" % {"t": run.tenant, "a": account_id})


def membership(run, account_id):
    """A program, a member who earned, a reward that it takes, a tier that waits; an analysis that is kept."""
    program = run.body("membership/program_create", body={"name": "Circle", "points_name": "Thaler", "earn_basis": "SHIPMENTS", "rate": "10",
                                                          "tiers": [{"code": "GOLD", "name": "Gold", "qualify": "10"}]})["program_id"]
    member = run.body("membership/member_create", body={"program_id": program, "account_id": account_id, "status": "ENROLLED", "contact_ids": [run.tenant]})
    run.body("membership/points_earn", member_id=member["member_id"], body={"points": 100, "reason": "A welcome"})
    reward = run.body("membership/reward_create", body={"program_id": program, "name": "Tea", "points": 10})["reward_id"]
    run.body("membership/redemption_create", body={"member_id": member["member_id"], "reward_id": reward})
    run.body("membership/tier_propose", member_id=member["member_id"], body={"to_tier": "GOLD", "note": "Strategic"})
    run.body("insight/snapshot_create", body={"basis": "SHIPMENTS"})


def little_of_everything(run):
    """At least one row of every tenant table."""
    made = shipment(run, "BOL-1", units=2)
    record(run, event("BOL-1", "1", "DEP", "2026-03-10T10:42:00-06:00"))
    link(run, made["shipment_id"])
    organisation(run, made["customer"]["account_id"])
    customers(run, made["customer"]["account_id"])
    person(run)
    partner(run, made["customer"]["account_id"])
    membership(run, made["customer"]["account_id"])
    tender(run, made["shipment_id"], made["customer"]["account_id"])
    run.body("exchange/edi_message_create", document=edi_document(), raw=b"ISA*", zone="America/Chicago")
    run.body("exchange/edi_partner_create", body={"sender": "02:ABCD"})
    run.psql("set hansa.tenant_id = '%(t)s'; insert into sandbox.outgoing (tenant_id, outgoing_id, kind, recipient, head) values ('%(t)s', '%(t)s', 'MAIL', 'ada', 'Dear');"
             "insert into sandbox.emptying (tenant_id, status) values ('%(t)s', 'WAITING');" % {"t": run.tenant})
    trail(run)
    carriage(run, made)
    return made


def carriage(run, made):
    """An order with all that hangs from it, and what else befalls a shipment."""
    account, shipment_id = made["customer"]["account_id"], made["shipment_id"]
    order = run.body("orders/order_create", body={"account_id": account, "cargo": [{"description": "Cups", "quantity": "3"}],
                                                  "price": {"amount": "10", "currency": "EUR"}})
    run.body("orders/order_confirm", order_id=order["order_id"], body={})
    stops = [run.body("orders/stop_create", shipment_id=shipment_id, body={"type": kind, "place": {"city": "Gent"}})["stop_id"] for kind in ("PICKUP", "DELIVERY")]
    run.body("orders/consignment_create", shipment_id=shipment_id, body={"kind": "CMR", "number": "1", "carrier_scac": "QQTS"})
    run.body("orders/leg_create", shipment_id=shipment_id, body={"mode": "ROAD", "from_stop_id": stops[0], "to_stop_id": stops[1]})
    run.body("tracking/exception_create", body={"shipment_id": shipment_id, "code": "DMG"})
    run.psql("begin; set local hansa.tenant_id = '%s'; insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name) values "
             "('%s', '%s', sha256('x'), 'image/png', 1, 'photo'); insert into files.holding (tenant_id, files, bytes) values ('%s', 1, 1); "
             "insert into files.loan (tenant_id, sha256, counterpart) values ('%s', sha256('x'), '%s'); commit;"
             % (run.tenant, run.tenant, shipment_id, run.tenant, run.tenant, shipment_id))
    run.body("tracking/proof_create", shipment_id=shipment_id, body={"condition": "GOOD", "pieces_ok": 1, "photo_file_ids": [shipment_id]})
