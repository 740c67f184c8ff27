"""Shipments in the database: what is made, what is refused, numbers and decimals as given, lists that page and filter."""
import random

import hansa
import scenario
import statements
from scenario import A, B


def refused(run, name="orders/shipment_create", **given):
    try:
        run(name, **given)
    except statements.Refused as refusal:
        return refusal
    return None


def create(tap, run):
    row = run("orders/shipment_create", body={
        "customer": {"code": "ACME", "name": "Acme Europe BV"}, "mode": "ROAD", "incoterm": "DAP", "incoterm_place": "Gent",
        "references": [{"kind": "BOL", "number": "BOL 9"}, {"kind": "BOL", "number": "bol-9"}, {"kind": "CUSTOMER", "number": "C-1"}],
        "origin": {"city": "Chicago", "country": "US", "zone": "America/Chicago"},
        "destination": {"unlocode": "BEGNE", "city": "Gent", "zone": "Europe/Brussels"},
        "planned_pickup": {"from": "2026-03-10T08:00:00-05:00", "to": "2026-03-10T12:00:00-05:00"},
        "planned_delivery": {"from": "2026-03-12T22:00:00Z", "to": "2026-03-12T23:30:00Z"},
        "parties": [{"role": "CONSIGNEE", "name": "Jan Peeters", "address": {"city": "Gent"}}, {"role": "SHIPPER", "name": "Acme"}],
        "handling_units": [{"sscc": scenario.sscc(1), "weight_kg": "412.50"}, {"sscc": scenario.sscc(2), "parent_sscc": scenario.sscc(1)}]})
    made = row["body"]
    tap.equal(row["location"], "/v1/shipments/" + made["shipment_id"], "a new shipment tells its address")
    tap.equal(run.body("orders/shipment_get", shipment_id=made["shipment_id"]), made, "and is read back as it was answered")
    tap.equal([made["status"], made["status_time"], made["flags"], made["part"], made["eta"]], ["PLANNED", None, [], None, None], "it begins as PLANNED")
    tap.equal(made["references"], [{"kind": "BOL", "number": "BOL 9"}, {"kind": "CUSTOMER", "number": "C-1"}], "a number written in two ways is one number")
    tap.equal(made["planned_delivery"], {"from": "2026-03-12T22:00:00Z", "to": "2026-03-12T23:30:00Z", "zone": "Europe/Brussels"}, "a window takes the zone of its place")
    tap.equal([p["role"] for p in made["parties"]], ["CONSIGNEE", "SHIPPER"], "parties keep their order")
    tap.equal([made["handling_units"][0]["weight_kg"], made["handling_units"][1]["parent_sscc"]], ["412.50", scenario.sscc(1)], "weights and nesting are kept as given")
    again = run.body("orders/shipment_create", body={"customer": {"code": "ACME", "name": "Other"}, "destination": {}})
    tap.equal(again["customer"], made["customer"], "a known customer code is the same account, under its first name")
    again = run.body("orders/shipment_create", body={"customer": {"account_id": made["customer"]["account_id"]}, "destination": {}})
    tap.equal(again["customer"], made["customer"], "and so is its id")
    bare = run.body("orders/shipment_create", body={"destination": {"city": "Oslo"}})
    tap.ok(bare["customer"] is None and bare["tracking_number"].startswith("HX") and len(bare["tracking_number"]) == 13, "without more a shipment gets a number", bare)
    return made


def refusals(tap, runs, made):
    theirs = scenario.shipment(runs[B], "B1")["customer"]["account_id"]
    cases = [
        ({"customer": {"account_id": theirs}}, "PN422", "crm/account_not_found"),
        ({"customer": {"account_id": A}}, "PN422", "crm/account_not_found"),
        ({"customer": {}}, "PN422", "crm/customer_unclear"),
        ({"customer": {"account_id": A, "code": "X"}}, "PN422", "crm/customer_unclear"),
        ({"planned_pickup": {"from": "2026-03-10T12:00:00Z", "to": "2026-03-10T11:00:00Z"}}, "PN422", "orders/window_reversed"),
        ({"planned_delivery": {"to": "2026-03-10T12:00:00Z", "zone": "Europe/Atlantis"}}, "PN422", "orders/zone_unknown"),
        ({"origin": {"zone": "Nowhere/Land"}}, "PN422", "orders/zone_unknown"),
        ({"tracking_number": "--"}, "PN422", "orders/number_empty"),
        ({"references": [{"kind": "PO", "number": "1"}, {"kind": "PO", "number": "(-)"}]}, "PN422", "orders/number_empty"),
        ({"handling_units": [{}, {"weight_kg": "0", "height_cm": "-0.1"}]}, "PN422", "orders/measure_negative"),
        ({"handling_units": [{"sscc": scenario.sscc(5), "parent_sscc": scenario.sscc(6)}]}, "PN422", "orders/parent_not_found"),
        ({"handling_units": [{"sscc": scenario.sscc(5), "parent_sscc": scenario.sscc(5)}]}, "PN422", "orders/parent_not_found"),
        ({"handling_units": [{"sscc": scenario.sscc(5), "parent_sscc": scenario.sscc(6)}, {"sscc": scenario.sscc(6), "parent_sscc": scenario.sscc(5)}]},
         "PN422", "orders/parent_not_found"),
        ({"handling_units": [{"sscc": scenario.sscc(5)}, {"sscc": scenario.sscc(5)}]}, "23505", "handling_unit_sscc_key"),
        ({"tracking_number": made["tracking_number"]}, "23505", "shipment_tracking_number_key"),
        ({"parties": [{"role": "SHIPPER", "name": "bell\x07"}]}, "23514", "shipment_party_text_form"),
        ({"customer": {"code": "U", "name": "rtl \u202e mark"}}, "23514", "account_name_form"),
        ({"customer": {"code": "U", "name": "e\u0301"}}, "23514", "account_name_form"),
    ]
    for change, code, name in cases:
        refusal = refused(runs[A], body={"destination": {"city": "Gent"}, **change})
        tap.ok(refusal and refusal.code == code and name in str(refusal), "%s is refused by %s" % (change, name), refusal)
    shared = runs[B].body("orders/shipment_create", body={"tracking_number": made["tracking_number"], "customer": {"code": "ACME"}, "destination": {}})
    tap.ok(shared["tracking_number"] == made["tracking_number"], "another tenant may use the same number and code, and learns nothing (T8)")


def decimals(tap, run):
    chance, sent = random.Random(7), []
    for _ in range(1000):
        digits = "".join(chance.choice("0123456789") for _ in range(chance.randint(1, 18))).lstrip("0") or "0"
        point = chance.randint(0, len(digits))
        sent.append((digits[:point] or "0") + ("." + digits[point:] if digits[point:] else ""))
    got = []
    for at in range(0, 1000, 500):
        made = run.body("orders/shipment_create", body={"destination": {}, "handling_units": [{"weight_kg": w} for w in sent[at:at + 500]]})
        got += [u["weight_kg"] for u in made["handling_units"]]
    tap.equal([(s, g) for s, g in zip(sent, got) if s != g][:5], [], "a thousand decimals of up to 18 digits come back digit for digit (I3)")


def numbers(tap, db):
    made = db.sql("select orders.new_tracking_number() from generate_series(1, 2000);").splitlines()
    tap.ok(len(set(made)) == 2000 and all(len(n) == 13 and n.startswith("HX") and not set(n[2:]) & set("ILOUV") for n in made), "made numbers differ and keep to their letters")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTWXYZ"

    def check(body):
        return alphabet[sum(i * alphabet.index(c) for i, c in enumerate(body, 1)) % 31]

    tap.ok(all(check(n[2:12]) == n[12] for n in made), "their check character is right")
    body, missed = made[0][2:12], 0
    for place in range(10):
        missed += sum(check(body[:place] + c + body[place + 1:]) == made[0][12] for c in alphabet if c != body[place])
    swaps = [body[:i] + body[i + 1] + body[i] + body[i + 2:] for i in range(9) if body[i] != body[i + 1]]
    missed += sum(check(s) == made[0][12] for s in swaps)
    tap.equal(missed, 0, "no wrong character and no exchange of neighbours passes")
    ids = db.sql("select core.uuidv7() from generate_series(1, 2000);").splitlines()
    tap.ok(len(set(ids)) == 2000 and all(i[14] == "7" and i[19] in "89ab" for i in ids), "ids are UUIDv7")
    late = db.sql("select string_agg(i::text, ' ') from (select core.uuidv7_at(1780000000000000 + n * 997) i from generate_series(1, 2000) n order by n) x;").split()
    tap.equal(late, sorted(late), "later microseconds give greater ids")


def lists(tap, run, db):
    for i in range(23):
        scenario.shipment(run, "LIST-%d" % i, customer={"code": "LISTER" if i % 2 else "OTHER"},
                          references=[{"kind": "BOL", "number": "LIST-%d" % i}, {"kind": "CUSTOMER", "number": "week %d" % (i // 10)}],
                          planned_delivery={"to": "2027-05-%02dT22:30:00Z" % (1 + i)})
    scenario.record(run, *[scenario.event("LIST-%d" % i, "list-%d" % i, "DEP", "2026-03-10T10:00:00Z") for i in range(0, 23, 3)])
    everything = [line for line in db.sql("select shipment_id from orders.shipment where tenant_id = '%s' order by shipment_id desc;" % A).splitlines()]

    def pages(limit, **filters):
        seen, after = [], None
        for turn in range(100):
            row = run("orders/shipment_list", limit=limit, after=after, **filters)
            seen += [s["shipment_id"] for s in row["body"]]
            if turn == 1 and not filters:
                scenario.shipment(run, "NEW-%d" % limit)
            after = row["next"] or None
            if after is None:
                return seen
        return seen

    tap.equal(pages(7), everything, "pages put together are the whole list, though shipments are made meanwhile")
    tap.equal(len(run.body("orders/shipment_list", limit=200)), len(everything) + 1, "one page may hold all")
    account = run.body("tracking/tracking_by_number", number="LIST-1")["customer"]["account_id"]

    def expect(name, condition, **filters):
        wanted = db.sql("""select s.shipment_id from orders.shipment s join tracking.shipment_status t using (tenant_id, shipment_id)
                            where s.tenant_id = '%s' and %s order by 1 desc;""" % (A, condition)).splitlines()
        tap.ok(wanted and pages(4, **filters) == wanted, name, wanted)

    expect("by status", "t.status = 'IN_TRANSIT'", status="IN_TRANSIT")
    expect("by customer", "s.account_id = '%s'" % account, account_id=account)
    in_week = "exists (select from orders.shipment_number n where n.shipment_id = s.shipment_id and n.kind = 'CUSTOMER' and n.number = 'week 1')"
    expect("by customer reference, however it is written", in_week, customer_reference="WEEK-1")
    expect("by planned day of delivery, on the destination's calendar", "s.planned_delivery_date between '2027-05-03' and '2027-05-08'",
           planned_from="2027-05-03", planned_to="2027-05-08")
    expect("by all of them", in_week + " and t.status = 'IN_TRANSIT' and s.account_id = '%s' and s.planned_delivery_date >= '2027-05-12'" % account,
           customer_reference="week1", status="IN_TRANSIT", account_id=account, planned_from="2027-05-12")
    day = db.sql("select planned_delivery_date from orders.shipment s join orders.shipment_number n using (tenant_id, shipment_id) where n.number = 'LIST-0';")
    tap.equal(day, "2027-05-02", "22:30 UTC is the next day in Brussels")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        runs = scenario.tenants(db)
        made = create(tap, runs[A])
        refusals(tap, runs, made)
        decimals(tap, runs[A])
        numbers(tap, db)
        lists(tap, runs[A], db)
    tap.done()


if __name__ == "__main__":
    main()
