#!/usr/bin/env python3
"""Orders over HTTP: every step that is no row of the table is 409 and writes nothing; credit under fifty writers; no lost update;
what shipments tell brings the order on; who sees what."""
import itertools
import os
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
import people  # noqa: E402
import world  # noqa: E402

# The state machine as the domain tells it, written a second time on purpose.
ORDER = {"DRAFT": {"submit": "SUBMITTED", "cancel": "CANCELLED"},
         "SUBMITTED": {"confirm": "CONFIRMED", "reject": "REJECTED", "cancel": "CANCELLED"},
         "CREDIT_HOLD": {"release": "SUBMITTED", "reject": "REJECTED", "cancel": "CANCELLED"},
         "CONFIRMED": {"cancel": "CANCELLED"}, "IN_EXECUTION": {"cancel": "CANCELLED", "close": "SHORT_CLOSED"}, "DELIVERED": {"invoice": "INVOICED"}, "INVOICED": {"close": "CLOSED"},
         "CLOSED": {}, "SHORT_CLOSED": {}, "REJECTED": {}, "CANCELLED": {}}
VERBS = {"submit": {}, "confirm": {"make_shipment": False}, "release": {"reason": "R"}, "reject": {"reason": "R"}, "cancel": {"reason": "R"},
         "invoice": {"invoice_number": "RE-1"}, "close": {"reason": "R"}}
LEG = ["PLANNED", "TENDERED", "ACCEPTED", "DISPATCHED", "AT_ORIGIN", "LOADED", "DEPARTED", "ARRIVED", "UNLOADED", "HANDED_OVER", "DELIVERED", "COMPLETED",
       "FAILED", "CANCELLED"]
LEG_NEXT = {"PLANNED": {"ACCEPTED", "CANCELLED"}, "TENDERED": set(), "ACCEPTED": {"DISPATCHED", "FAILED", "CANCELLED"},
            "DISPATCHED": {"AT_ORIGIN", "FAILED", "CANCELLED"}, "AT_ORIGIN": {"LOADED", "FAILED"}, "LOADED": {"DEPARTED", "FAILED"},
            "DEPARTED": {"ARRIVED", "FAILED"}, "ARRIVED": {"UNLOADED", "FAILED"}, "UNLOADED": {"HANDED_OVER", "DELIVERED"},
            "HANDED_OVER": {"COMPLETED"}, "DELIVERED": {"COMPLETED"}, "COMPLETED": set(), "FAILED": set(), "CANCELLED": set()}
WRITERS = 50


def account(own, limit=None, **more):
    made = own.post("/v1/accounts", {"name": world.unique("Account ")}, 201)["account_id"]
    if limit is not None or more:
        own.run.database.sql("update crm.account set credit_limit = %s, credit_currency = %s, hold = '%s', hold_reason = 'Test' where account_id = '%s';" % (
            limit if limit is not None else "null", "'EUR'" if limit is not None else "null", more.get("hold", "GOOD"), made))
    return made


def order(own, customer, price="100.00", **more):
    return own.post("/v1/orders", {"account_id": customer, "price": price and {"amount": price, "currency": "EUR"}, "destination": {"city": "Gent"}, **more}, 201)


def seen(run, customer):
    """{order id: all that an order is and was told}, in one look."""
    return dict(line.split(" ", 1) for line in run.database.sql(
        "select o.order_id || ' ' || md5(o::text) || (select count(*) from core.event e where e.object_id = o.order_id) from orders.order_ o "
        "where o.account_id = '%s';" % customer).splitlines())


def states(tap, run, own):
    customer = account(own)
    pairs = list(itertools.product(ORDER, VERBS))
    made = [order(own, customer, None)["order_id"] for _ in pairs]
    run.database.sql("update orders.order_ o set state = v.state, hold_reason = 'ACCOUNT_ON_HOLD' from (values %s) v (id, state) where o.order_id = v.id::uuid;"
                     % ", ".join("('%s', '%s')" % (one, state) for one, (state, _) in zip(made, pairs)))
    before = seen(run, customer)
    answers = [run.ask("POST", "/v1/orders/%s/%s" % (one, verb), VERBS[verb], own.key) for one, (_, verb) in zip(made, pairs)]
    after = seen(run, customer)
    for one, (state, verb), answer in zip(made, pairs, answers):
        to = ORDER[state].get(verb)
        if to:
            tap.ok(answer.status == 200 and answer.json["state"] == to and before[one] != after[one], "%s: %s leads to %s" % (state, verb, to), answer)
        else:
            tap.ok(answer.status == 409 and answer.json["type"] == "/problems/orders/order_state" and before[one] == after[one]
                   and answer.json["steps"] == sorted(ORDER[state]), "%s: %s is 409, writes nothing and names the steps that are possible" % (state, verb), answer)


def legs(tap, run, own):
    shipment = own.shipment()["shipment_id"]
    stops = [own.post("/v1/shipments/%s/stops" % shipment, {"type": t, "place": {"city": "X"}}, 201)["stop_id"] for t in ("PICKUP", "DELIVERY")]
    pairs = list(itertools.product(LEG, [s for s in LEG if s not in ("PLANNED", "TENDERED")]))
    made = [str(uuid.uuid4()) for _ in pairs]
    run.database.sql("insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, state, from_stop_id, to_stop_id) values %s;" % ", ".join(
        "('%s', '%s', '%s', %d, 'ROAD', '%s', '%s', '%s')" % (own.tenant, leg, shipment, place, state, *stops)
        for place, (leg, (state, _)) in enumerate(zip(made, pairs), 1)))
    faults = []
    for leg, (state, to) in zip(made, pairs):
        answer = run.ask("POST", "/v1/shipments/%s/legs/%s/state" % (shipment, leg), {"state": to}, own.key)
        if answer.status != (200 if to in LEG_NEXT[state] else 409) or (answer.status == 409 and answer.json["steps"] != sorted(LEG_NEXT[state])):
            faults.append("%s to %s: %r" % (state, to, answer))
    wrong = dict(line.split(" ") for line in run.database.sql("select leg_id || ' ' || state || version from orders.leg where shipment_id = '%s';" % shipment).splitlines())
    faults += ["%s to %s wrote" % pair for leg, pair in zip(made, pairs) if pair[1] not in LEG_NEXT[pair[0]] and wrong[leg] != pair[0] + "1"]
    tap.equal(faults, [], "each of %d steps of a leg is admitted, or 409 with the steps that are possible and writes nothing, as the domain tells" % len(pairs))


def credit(tap, run, own):
    held = order(own, account(own, hold="HOLD"))
    tap.equal([held["state"], held["hold"]["reason"], held["hold"]["note"]], ["CREDIT_HOLD", "ACCOUNT_ON_HOLD", "Test"],
              "an account on hold holds its order, with the reason and why")
    tap.equal(order(own, account(own, hold="WATCH"))["state"], "SUBMITTED", "one that is watched does not")
    customer = account(own, 1000)
    other = own.post("/v1/orders", {"account_id": customer, "destination": {"city": "Gent"}, "price": {"amount": "1", "currency": "USD"}}, 201)
    tap.equal([other["state"], other["hold"]["reason"]], ["CREDIT_HOLD", "OTHER_CURRENCY"], "another currency than the limit's is held")
    with ThreadPoolExecutor(WRITERS) as pool:
        made = list(pool.map(lambda _: run.ask("POST", "/v1/orders", {"account_id": customer, "destination": {"city": "Gent"},
                                                                              "price": {"amount": "100.00", "currency": "EUR"}}, own.key,
                                               {"idempotency-key": world.unique("k")}), range(WRITERS)))
    good = [a.json for a in made if a.status == 201]
    open_, on_hold = [o for o in good if o["state"] == "SUBMITTED"], [o for o in good if o["state"] == "CREDIT_HOLD"]
    tap.equal([len(open_), len(on_hold), len(good)], [10, len(good) - 10, WRITERS], "of %d orders at once as many are let through as the limit bears" % WRITERS)
    tap.ok(all(o["hold"]["reason"] == "OVER_LIMIT" and o["hold"]["limit"]["amount"].startswith("1000") for o in on_hold), "the others say why they are held")
    exposure = "select trim_scale(amount) from orders.exposure where account_id = '%s' and currency = 'EUR';" % customer
    tap.equal(run.database.sql(exposure), "1000", "what is open is the sum of the open orders")
    own.post("/v1/orders/%s/cancel" % open_[0]["order_id"], {"reason": "R"})
    tap.equal([order(own, customer)["state"], order(own, customer)["state"]], ["SUBMITTED", "CREDIT_HOLD"], "a cancelled one makes room for one more")
    freed = own.post("/v1/orders/%s/release" % on_hold[0]["order_id"], {"reason": "Paid in advance"})
    tap.ok(freed["state"] == "SUBMITTED" and freed["hold"]["released_at"] and freed["state_reason"] == "Paid in advance", "a release is noted with its reason", freed)
    held = run.ask("PATCH", "/v1/orders/" + freed["order_id"], {"price": {"amount": "101.00", "currency": "EUR"}}, own.key, {"if-match": "*"}).json
    tap.ok(held["state"] == "CREDIT_HOLD" and held["hold"]["released_at"] is None, "it was for the price that it saw: a higher one is held again", held)
    answer = run.ask("PATCH", "/v1/orders/" + open_[1]["order_id"], {"price": {"amount": "500.00", "currency": "EUR"}}, own.key, {"if-match": "*"})
    tap.ok(answer.status == 200 and answer.json["state"] == "CREDIT_HOLD", "a higher price is held against the limit again", answer)
    tap.equal(run.database.sql("select trim_scale(e.amount) = (select sum(price_amount) from orders.order_ o where o.account_id = e.account_id and o.price_currency = 'EUR' "
                               "and o.state in ('SUBMITTED', 'CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED')) from orders.exposure e "
                               "where e.account_id = '%s' and e.currency = 'EUR';" % customer), "t", "and the sum is still the sum")


def bare(tap, run, own):
    """An order that says neither where nor what is kept as a draft, whoever makes it; one of the two is enough."""
    customer = account(own)
    place, cargo = {"city": "Gent"}, [{"description": "Tea", "quantity": "1"}]
    for more, state in (({}, "DRAFT"), ({"cargo": [], "origin": None}, "DRAFT"), ({"origin": place}, "SUBMITTED"), ({"destination": place}, "SUBMITTED"), ({"cargo": cargo}, "SUBMITTED")):
        tap.equal(own.post("/v1/orders", {"account_id": customer, **more}, 201)["state"], state, "an order with %s is %s" % (sorted(k for k in more if more[k]) or "nothing", state))
    one = own.post("/v1/orders", {"account_id": customer}, 201)["order_id"]
    answer = run.ask("POST", "/v1/orders/%s/submit" % one, {}, own.key)
    tap.ok(answer.status == 409 and "cargo" in answer.json["detail"] and "origin" in answer.json["detail"] and answer.json["steps"] == ["cancel"], "to submit it is 409, with what is missing", answer)
    run.ask("PATCH", "/v1/orders/" + one, {"cargo": cargo}, own.key, {"if-match": "*"})
    tap.equal(own.post("/v1/orders/%s/submit" % one, {})["state"], "SUBMITTED", "with cargo it goes")
    answer = run.ask("PATCH", "/v1/orders/" + one, {"cargo": []}, own.key, {"if-match": "*"})
    tap.ok(answer.status == 409 and len(own.get("/v1/orders/" + one).json["cargo"]) == 1, "and is not emptied afterwards", answer)


def lost_update(tap, run, own):
    one = order(own, account(own), draft=True)["order_id"]
    tag = run.ask("GET", "/v1/orders/" + one, key=own.key).headers["etag"]
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda i: run.ask("PATCH", "/v1/orders/" + one, {"service": "SVC %d" % i}, own.key, {"if-match": tag}), range(WRITERS)))
    won = [a for a in answers if a.status == 200]
    tap.equal([len(won), sorted({a.status for a in answers} - {200})], [1, [412]], "of fifty changes of the same version one is made, the others are 412")
    tap.equal(own.get("/v1/orders/" + one).json["service"], won[0].json["service"], "and it is the one that stands")
    wanted = 20

    def until_done(i):
        while True:
            seen = run.ask("GET", "/v1/orders/" + one, key=own.key)
            count = int((seen.json["incoterm_place"] or "0"))
            if run.ask("PATCH", "/v1/orders/" + one, {"incoterm_place": str(count + 1)}, own.key, {"if-match": seen.headers["etag"]}).status == 200:
                return
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(until_done, range(wanted)))
    tap.equal(own.get("/v1/orders/" + one).json["incoterm_place"], str(wanted), "who reads again and tries again loses nothing")


def roll_up(tap, run, own):
    made = order(own, account(own), cargo=[{"description": "Cups", "quantity": "10"}])["order_id"]
    own.post("/v1/orders/%s/confirm" % made, {"make_shipment": False})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run.ask("POST", "/v1/orders/%s/shipments" % made, {"cargo": [{"line": 1, "quantity": "5"}]}, own.key,
                                                  {"idempotency-key": world.unique("k")}), range(8)))
    shipments = [a.json["shipment_id"] for a in answers if a.status == 201]
    tap.equal([len(shipments), {a.status for a in answers}], [2, {201, 409}], "eight take half of the cargo each: two get it")

    def told(shipment, code, when):
        own.events([{"shipment_id": shipment, "source": "t", "source_event_id": world.unique("e"), "code": code, "event_time": when}])

    def state():
        return own.get("/v1/orders/" + made).json
    told(shipments[0], "LDD", "2026-03-10T08:00:00Z")
    tap.ok(hansa.wait_for(lambda: state()["state"] == "IN_EXECUTION", 20), "the first loading begins the order", state())
    told(shipments[0], "DLV", "2026-03-11T08:00:00Z")
    told(shipments[1], "PUP", "2026-03-10T09:00:00Z")
    hansa.wait_for(lambda: run.database.sql("select count(*) from core.job where kind = 'orders.order_roll_up';") == "0", 20)
    tap.equal(state()["state"], "IN_EXECUTION", "one shipment of two delivers it not")
    told(shipments[1], "DLV", "2026-03-12T10:00:00Z")
    tap.ok(hansa.wait_for(lambda: state()["state"] == "DELIVERED", 20), "the last one does", state())
    done = state()
    tap.equal([done["loaded_at"], done["unloaded_at"], done["clocks"]["delivery_s"]], ["2026-03-10T08:00:00Z", "2026-03-12T10:00:00Z", 50 * 3600], "delivery = unloaded - loaded")
    tap.ok(done["clocks"]["transmission_s"] >= 0 and done["clocks"]["processing_s"] >= 0 and done["clocks"]["preparation_s"] is not None, "the other three clocks stand", done["clocks"])
    tap.equal(run.database.sql("select string_agg(type, ' ' order by event_id) from core.event where object_id = '%s';" % made),
              "orders.order.created orders.order.submitted orders.order.confirmed orders.order.begun orders.order.delivered", "each step was told once")
    events = own.get("/v1/shipments/%s?expand=events" % shipments[1]).json["events"]
    told_by = next(e for e in events if e["code"] == "DLV")
    own.events([{"shipment_id": shipments[1], "source": "t", "source_event_id": world.unique("e"), "code": "OTH", "event_time": "2026-03-12T10:00:00Z",
                 "supersedes": {"source": "t", "source_event_id": told_by["source_event_id"]}}])
    tap.ok(hansa.wait_for(lambda: state()["state"] == "IN_EXECUTION", 20) and state()["unloaded_at"] is None, "a delivery that is withdrawn reopens it", state())
    calm = order(own, account(own), cargo=[{"description": "Cups", "quantity": "10"}])["order_id"]
    own.post("/v1/orders/%s/confirm" % calm, {})
    own.post("/v1/orders/%s/cancel" % calm, {"reason": "R"})
    tap.equal([s["status"] for s in own.get("/v1/orders/%s?expand=shipments" % calm).json["shipments"]], ["CANCELLED"], "who cancels an order cancels its shipments")


def story(own, customer, *shipments, **more):
    """An order of 10 A and 2 B for 100.00 with a shipment for each of `shipments`: (cargo of its body or None, codes told of it, a day each)."""
    made = order(own, customer, cargo=more.get("cargo", [{"description": "A", "quantity": "10"}, {"description": "B", "quantity": "2"}]))["order_id"]
    own.post("/v1/orders/%s/confirm" % made, {"make_shipment": False})
    ids = [own.post("/v1/orders/%s/shipments" % made, {"cargo": cargo} if cargo else {}, 201)["shipment_id"] for cargo, _ in shipments]
    for shipment, (_, codes) in zip(ids, shipments):
        if codes:
            own.events([{"shipment_id": shipment, "source": "t", "source_event_id": world.unique("e"), "code": code, "event_time": "2026-03-1%dT08:00:00Z" % day}
                        for day, code in enumerate(codes.split())])
    return made, ids


ALL, A_ONLY, B_ONLY = None, [{"line": 1}], [{"line": 2}]
# shipments of an order as story() takes them -> the steps that end it, or begin again, and nothing else
ENDS = [("lost", [(ALL, "PUP LST")], {"cancel", "close"}), ("returned", [(ALL, "PUP RTS")], {"cancel", "close"}), ("called off after pickup", [(ALL, "PUP BCX")], {"cancel", "close"}),
        ("delivered, then returned", [(ALL, "PUP DLV RTS")], {"cancel", "close"}), ("lost without a scan", [(ALL, "LST")], {"cancel", "close"}),
        ("half delivered, the rest never made", [(A_ONLY, "PUP DLV")], {"invoice", "close"}), ("half delivered, half lost", [(A_ONLY, "PUP DLV"), (B_ONLY, "PUP LST")], {"invoice", "close"}),
        ("half delivered, half planned", [(A_ONLY, "DLV"), (B_ONLY, "")], {"invoice", "close"}), ("half lost, half on its way", [(A_ONLY, "PUP LST"), (B_ONLY, "PUP")], set())]


def ends(tap, run, own):
    """Every way in which an order can fail to be delivered whole has an end, and then its price counts no more."""
    bodies = {"cancel": {"reason": "R"}, "close": {"reason": "R"}, "invoice": {"invoice_number": "RE-2", "price": {"amount": "80.00", "currency": "EUR"}}}
    made = [(name, verb, wanted, account(own, 150), shipments) for name, shipments, wanted in ENDS for verb in bodies]
    made = [(name, verb, wanted, customer, story(own, customer, *shipments)) for name, verb, wanted, customer, shipments in made]

    def state(one):
        return own.get("/v1/orders/" + one).json["state"]
    for name, verb, wanted, customer, (one, ids) in made:
        hansa.wait_for(lambda one=one: state(one) == "IN_EXECUTION", 30)
        hansa.wait_for(lambda: run.database.sql("select count(*) from core.job where kind = 'orders.order_roll_up';") == "0", 30)
        answer = run.ask("POST", "/v1/orders/%s/%s" % (one, verb), bodies[verb], own.key)
        if verb not in wanted:
            tap.ok(answer.status == 409 and set(answer.json["steps"]) == wanted, "%s: %s is 409 and names %s" % (name, verb, sorted(wanted)), answer)
            continue
        to = {"cancel": "CANCELLED", "close": "SHORT_CLOSED", "invoice": "INVOICED"}[verb]
        good = answer.status == 200 and answer.json["state"] == to and (verb != "invoice" or answer.json["price"]["amount"] == "80.00")
        if verb == "invoice":
            tap.equal([c["delivered"] for c in answer.json["cargo"]], ["10", "0"], "%s: what was delivered stands beside what was ordered" % name)
            good = good and run.ask("POST", "/v1/orders/%s/close" % one, {}, own.key).json["state"] == "CLOSED"
        tap.ok(good and order(own, customer)["state"] == "SUBMITTED", "%s: %s ends it, and its price counts no more" % (name, verb), answer)
        left = [s["status"] for s in own.get("/v1/orders/%s?expand=shipments" % one).json["shipments"]]
        tap.ok("PLANNED" not in left and ("DELIVERED" in left) == ("invoice" in wanted), "%s: what had not moved is called off, what was delivered stays so" % name, left)


def again(tap, run, own):
    """What was lost is shipped again: the same cargo, once; then the order is delivered as if nothing had happened."""
    one, (lost,) = story(own, account(own), (ALL, "PUP LST"))
    hansa.wait_for(lambda: own.get("/v1/orders/" + one).json["state"] == "IN_EXECUTION", 30)
    second = own.post("/v1/orders/%s/shipments" % one, {}, 201)["shipment_id"]
    answer = run.ask("POST", "/v1/orders/%s/shipments" % one, {}, own.key, {"idempotency-key": world.unique("k")})
    tap.ok(second != lost and answer.status == 409 and answer.json["type"].endswith("cargo_taken"), "what was lost is shipped again, once", answer)
    own.events([{"shipment_id": second, "source": "t", "source_event_id": world.unique("e"), "code": code, "event_time": "2026-03-2%dT08:00:00Z" % day}
                for day, code in enumerate(("PUP", "DLV"))])
    tap.ok(hansa.wait_for(lambda: own.get("/v1/orders/" + one).json["state"] == "DELIVERED", 30), "and its delivery delivers the order", own.get("/v1/orders/" + one).json["state"])
    answer = run.ask("POST", "/v1/orders/%s/close" % story(own, account(own), (ALL, "PUP LST"))[0], {}, own.key)
    tap.ok(answer.status in (409, 422), "an order closes short with a reason alone", answer)


def planned_leg(tap, run, own):
    one, (shipment,) = story(own, account(own), (ALL, "PUP DLV"))
    base = "/v1/shipments/" + shipment
    stops = [own.post(base + "/stops", {"type": t, "place": {"city": t}}, 201)["stop_id"] for t in ("PICKUP", "DELIVERY")]
    leg = own.post(base + "/legs", {"mode": "ROAD", "from_stop_id": stops[0], "to_stop_id": stops[1], "carrier_scac": "HXAA"}, 201)["leg_id"]
    hansa.wait_for(lambda: own.get("/v1/orders/" + one).json["state"] == "DELIVERED", 30)
    own.post("/v1/orders/%s/invoice" % one, {"invoice_number": "RE-3"})
    answer = run.ask("POST", "/v1/orders/%s/close" % one, {}, own.key)
    tap.ok(answer.status == 409 and "still planned" in answer.json["detail"] and answer.json["steps"] == [], "an order does not close over a leg that is still planned", answer)
    own.post(base + "/legs/%s/state" % leg, {"state": "CANCELLED"})
    tap.equal(own.post("/v1/orders/%s/close" % one, {})["state"], "CLOSED", "the leg called off, it does")


def audiences(tap, run, own):
    mine, theirs = account(own), account(own)
    orders = {a: order(own, a)["order_id"] for a in (mine, theirs)}
    buyer = people.make(run.server, own.slug, "buyer@canary.example")
    carrier = people.make(run.server, own.slug, "carrier@canary.example")
    partner = own.post("/v1/accounts", {"kind": "PARTNER", "name": "Carrier", "scac": "HXCC"}, 201)["account_id"]
    for person, audience in ((buyer, "CUSTOMER"), (carrier, "PARTNER")):
        run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';" % (
            person.user_id, audience, person.user_id))
    own.post("/v1/users/%s/grants" % buyer.user_id, {"role": "customer", "reach": "ACCOUNT", "account_id": mine}, 201)
    own.post("/v1/users/%s/grants" % carrier.user_id, {"role": "partner", "reach": "PARTNER", "account_id": partner}, 201)
    buyer, carrier = people.sign_in(run.server, buyer), people.sign_in(run.server, carrier)

    def ask(person, method, path, body=None):
        return run.ask(method, path, body, None, person.headers())
    tap.equal([ask(buyer, "GET", "/v1/orders/" + orders[a]).status for a in (mine, theirs)], [200, 404], "a customer sees its own order and no other")
    tap.equal([o["order_id"] for o in ask(buyer, "GET", "/v1/orders").json["data"]], [orders[mine]], "and its list holds no other")
    for name, value in (("price", {"amount": "1", "currency": "EUR"}), ("ordered_at", "2026-03-01T10:00:00Z")):
        answer = ask(buyer, "POST", "/v1/orders", {"account_id": mine, name: value})
        tap.equal([answer.status, answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]], [422, "/" + name, "unknown_member"],
                  "%s is not a customer's to say" % name)
    booked = ask(buyer, "POST", "/v1/orders", {"account_id": mine, "cargo": [{"description": "Tea", "quantity": "1"}]})
    tap.equal([booked.status, ask(buyer, "POST", "/v1/orders", {"account_id": theirs}).status], [201, 422], "it orders for itself alone")
    tap.equal(ask(buyer, "POST", "/v1/orders/%s/confirm" % booked.json["order_id"], {}).status, 403, "it confirms nothing")
    tap.equal([ask(carrier, "GET", "/v1/orders/" + orders[mine]).status, ask(carrier, "GET", "/v1/orders").json["data"]], [404, []], "a carrier sees no order")

    shipment = own.shipment(customer={"account_id": mine})["shipment_id"]
    stops = [own.post("/v1/shipments/%s/stops" % shipment, {"type": t, "place": {"city": t}}, 201)["stop_id"] for t in ("PICKUP", "HUB", "DELIVERY")]
    base = "/v1/shipments/%s" % shipment
    for place, scac in enumerate(("HXBB", "HXCC")):
        leg = own.post(base + "/legs", {"mode": "ROAD", "from_stop_id": stops[place], "to_stop_id": stops[place + 1], "carrier_scac": scac,
                                        "cost": {"amount": "7%d.00" % place, "currency": "EUR"}}, 201)["leg_id"]
        own.post(base + "/legs/%s/state" % leg, {"state": "ACCEPTED"})
    seen = ask(carrier, "GET", base + "/legs").json["data"]
    tap.equal([[s["leg_id"] for s in seen], seen[0]["cost"]["amount"] if seen else None], [[leg], "71.00"], "a carrier sees its leg and what it gets for it")
    tap.equal([s["stop_id"] for s in ask(carrier, "GET", base + "/stops").json["data"]], stops[1:], "and the stops of that leg")
    tap.equal(ask(carrier, "GET", base).status, 404, "not the shipment with its parties and customer")
    bought = ask(buyer, "GET", base + "/legs").json["data"]
    tap.equal([len(bought), {"cost" in s for s in bought}], [2, {False}], "the customer sees both legs and no cost")

    def tell(**more):
        return ask(carrier, "POST", "/v1/tracking/events", {"events": [{"shipment_id": shipment, "source_event_id": world.unique("e"), "event_time": "2026-03-10T10:00:00Z",
                                                                        **more}]}).json
    tap.equal(tell(code="DLV")["accepted"], 0, "who carries one leg tells nothing of the whole shipment")
    tap.equal(tell(code="PUP", leg_id=leg)["accepted"], 1, "but of its leg")
    tap.equal([own.get(base).json["status"], own.get(base + "/legs/" + leg).json["state"]], ["PLANNED", "LOADED"], "a second leg's pickup moves the leg, not the shipment")
    tell(code="DLV", leg_id=leg)
    tap.equal([own.get(base).json["status"], own.get(base + "/legs/" + leg).json["state"]], ["DELIVERED", "DELIVERED"], "the last leg's delivery is the shipment's")


def main():
    tap = hansa.Tap()
    run = client.Run("orders", max_running_tenant=200, login_account_max=1000000, login_source_max=1000000)
    with run:
        own = run.world("orders", full=False)
        for part in (states, legs, credit, bare, lost_update, roll_up, ends, again, planned_leg, audiences):
            part(tap, run, own)
    run.verdict(tap)
    tap.done()


main()
