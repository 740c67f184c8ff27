#!/usr/bin/env python3
"""A leg that is awarded to a member stands in its books as an order of the one who gave it, at the price that was agreed (decision 0050):
once, whatever comes twice; so it counts in credit, analyses and points; and it ends when the award is taken back."""
import allied
import client
import hansa
import world

WON = {"amount": "400.00", "currency": "EUR"}


def order_of(run, own, offer):
    """(order, its ETag) of the shipment that an offer became."""
    found = own.get("/v1/orders/" + own.get("/v1/shipments/" + offer["shipment_id"]).json["order_id"])
    return found.json, found.headers["etag"]


def becomes(own, order_id, state):
    return hansa.wait_for(lambda: own.get("/v1/orders/" + order_id).json["state"] == state, 10, 0.25)


def tell(own, shipment_id, code, when="2026-03-10T10:00:00Z"):
    own.events([{"shipment_id": shipment_id, "source": "tms", "source_event_id": world.unique("ev"), "code": code, "event_time": when}])


def allies(own):
    return {a["organisation"]["org_id"]: a["customer"]["account_id"] for a in own.get("/v1/allies").json["data"]}


def taken_over(tap, run, fleet, a, b):
    tender, offer = fleet.awarded(b)
    order, _ = order_of(run, b, offer)
    account = b.get("/v1/accounts/" + order["customer"]["account_id"]).json
    name = b.get("/v1/organisations/" + fleet.org(a)).json["legal_name"]
    tap.ok(order["state"] == "CONFIRMED" and order["source"] == "EXCHANGE" and order["price"] == WON, "the leg is a confirmed order at the agreed price", order)
    tap.ok(account["kind"] == "CUSTOMER" and account["name"] == name, "of the one who gave it, who is a customer now", account)
    tap.ok(order["origin"]["city"] == "Stop 0" and order["destination"]["city"] == "Stop 1", "from where to where the leg goes", order)
    document = run.database.sql("select document_id from exchange.document where tenant_id = '%s' and kind = 'AWARD' and subject_id = '%s';" % (b.tenant, tender["tender_id"]))
    tap.equal(order["references"], [{"kind": "OTHER", "number": document}], "with the document as reference")
    tap.equal(allies(b), {fleet.org(a): account["account_id"]}, "the account is remembered")
    tap.equal(b.get("/v1/shipments/" + offer["shipment_id"]).json["customer"]["account_id"], account["account_id"], "and the shipment is the customer's too")
    _, again = fleet.awarded(b)
    tap.equal(order_of(run, b, again)[0]["customer"]["account_id"], account["account_id"], "the next one is of the same account")
    run.database.sql("begin; set local hansa.tenant_id = '%s'; update exchange.document set state = 'QUEUED', sent_at = null where document_id = '%s' and direction = 'OUT';"
                     "select core.api_job('%s', 'exchange.deliver', jsonb_build_object('document_id', '%s')); commit;" % (a.tenant, document, a.tenant, document))
    tap.ok(allied.settled(run), "an award that is handed over again")
    tap.equal(run.database.sql("select count(*) from orders.order_ where tenant_id = '%s' and source = 'EXCHANGE';" % b.tenant), "2", "makes no second order")
    tap.equal(run.database.sql("select count(*) from orders.order_ where tenant_id = '%s';" % a.tenant), "0", "and none in the owner's books")
    return account["account_id"], offer


def mapping(tap, run, fleet, a, b, c):
    other = b.post("/v1/accounts", {"name": "House account"}, 201)["account_id"]
    path = "/v1/allies/" + fleet.org(a)
    before = allies(b)[fleet.org(a)]
    refused = run.ask("PUT", path, {"account_id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, b.key)
    tap.ok(refused.status == 422 and client.problem_code(refused) == "crm/account_not_found", "an ally is an account of one's own", refused)
    tap.equal(run.ask("PUT", "/v1/allies/" + fleet.org(c), {"account_id": other}, b.key).status, 404, "who gave nothing is no ally")
    tap.equal(run.ask("PUT", path, {"account_id": other}, b.key).json["customer"]["account_id"], other, "staff say which account an ally is")
    _, offer = fleet.awarded(b)
    tap.equal(order_of(run, b, offer)[0]["customer"]["account_id"], other, "from the next award on")
    run.ask("PUT", path, {"account_id": before}, b.key)
    account = c.post("/v1/accounts", {"kind": "PARTNER", "name": "Known before"}, 201)["account_id"]
    c.post("/v1/partners", {"account_id": account, "org_id": fleet.org(a), "network_role": "PEER"}, 201)
    _, offer = fleet.awarded(c)
    tap.equal((order_of(run, c, offer)[0]["customer"]["account_id"], allies(c)), (account, {fleet.org(a): account}), "whom we know as a partner is that account")
    tap.equal(run.ask("GET", "/v1/allies", key=a.key).json["data"], [], "and who gives is no ally of itself")


def counts(tap, run, fleet, a, b, account, offer):
    """Credit, points, analyses."""
    seen = b.get("/v1/accounts/" + account)
    changed = run.ask("PUT", "/v1/accounts/%s/credit" % account, {"limit": "1000.00", "currency": "EUR", "grade": "B", "hold": "GOOD"}, b.key, {"if-match": seen.headers["etag"]})
    tap.equal(changed.status, 200, "a limit of 1,000 with two orders of 400 open")
    program = b.post("/v1/programs", {"name": "Allies", "points_name": "Miles", "earn_basis": "SPEND", "earn_currency": "EUR", "rate": "0.1", "tiers": []}, 201)["program_id"]
    member = b.post("/v1/members", {"program_id": program, "account_id": account, "status": "ENROLLED"}, 201)["member_id"]
    tender, held = fleet.awarded(b)
    order, tag = order_of(run, b, held)
    tap.ok(order["state"] == "CREDIT_HOLD" and order["hold"]["open"] == {"amount": "800.00", "currency": "EUR"}, "the third is held by credit", order)
    tell(b, held["shipment_id"], "DLV")
    for verb, body in (("release", {"reason": "Paid in advance"}), ("confirm", {})):
        done = run.ask("POST", "/v1/orders/%s/%s" % (order["order_id"], verb), body, b.key)
    tap.ok(done.status == 200 and done.json["state"] == "DELIVERED" and len(b.get("/v1/orders/%s?expand=shipments" % order["order_id"]).json["shipments"]) == 1,
           "released and confirmed it is where its shipment is, and has no second one", done)
    first = order_of(run, b, offer)[0]["order_id"]
    tell(b, offer["shipment_id"], "PUP")
    tell(b, offer["shipment_id"], "DLV", "2026-03-10T12:00:00Z")
    tap.ok(becomes(b, first, "DELIVERED"), "it is delivered by its shipment")
    tap.ok(hansa.wait_for(lambda: run.database.sql("select coalesce(sum(points), 0) from membership.lot where tenant_id = '%s' and member_id = '%s';" % (b.tenant, member)) == "80", 10),
           "and both earn points by their price", b.get("/v1/members/%s/points" % member).json)
    graded = b.get("/v1/insight/rfm?currency=EUR")
    rows = {r["account_id"]: r for r in graded.json.get("data", [])} if graded.status == 200 else {}
    tap.ok(account in rows, "and its account stands in the analysis", graded)


def taken_back(tap, run, fleet, a, b):
    tender, offer = fleet.awarded(b)
    order, _ = order_of(run, b, offer)
    done = run.ask("POST", "/v1/shipments/%s/legs/%s/state" % (tender["shipment_id"], tender["leg_id"]), {"state": "CANCELLED", "reason": "Customer called it off"}, a.key)
    tap.ok(done.status == 200, "the owner calls an awarded leg off", done)
    tap.ok(becomes(b, order["order_id"], "CANCELLED"), "the carrier's order ends")
    tap.equal((allied.offer_of(b, tender["tender_id"])["state"], b.get("/v1/shipments/" + offer["shipment_id"]).json["status"]), ("WITHDRAWN", "CANCELLED"), "with its offer and its shipment")
    mine = a.get("/v1/tenders/" + tender["tender_id"]).json
    tap.ok((mine["state"], mine["awarded_bid_id"], mine["bids"][0]["state"]) == ("WITHDRAWN", None, "WITHDRAWN"), "and the tender says so", mine)
    tap.equal(run.database.sql("select count(*) from exchange.share where share_id = '%s' and ended_at is null;" % tender["tender_id"]), "0", "nothing more is told, either way")
    # the owner's own order is called off: by the order's end, as by an event of its shipment
    customer = a.post("/v1/accounts", {"name": "Shipper"}, 201)["account_id"]
    for how in ("order", "event"):
        mine = a.post("/v1/orders", {"account_id": customer, "origin": {"city": "Venlo", "country": "NL"}}, 201)["order_id"]
        run.ask("POST", "/v1/orders/%s/confirm" % mine, {}, a.key)
        shipment = a.get("/v1/orders/%s?expand=shipments" % mine).json["shipments"][0]["shipment_id"]
        tender, offer = fleet.awarded(b, fleet.leg(shipment)[0])
        theirs = order_of(run, b, offer)[0]["order_id"]
        if how == "order":
            tap.equal(run.ask("POST", "/v1/orders/%s/cancel" % mine, {"reason": "No goods"}, a.key).status, 200, "the owner cancels its order")
        else:
            tell(a, shipment, "BCX")
        tap.ok(becomes(b, theirs, "CANCELLED"), "called off by the owner's %s, the carrier's order ends" % how, b.get("/v1/orders/" + theirs).json)
    # what moves does not end by itself, held by credit or not
    for state in ("CREDIT_HOLD", "IN_EXECUTION"):
        moving(tap, run, fleet, a, b, state)
        run.database.sql("update crm.account set credit_limit = null, credit_currency = null where tenant_id = '%s';" % b.tenant)


def moving(tap, run, fleet, a, b, state):
    tender, offer = fleet.awarded(b)
    order, _ = order_of(run, b, offer)
    tell(b, offer["shipment_id"], "PUP")
    tap.ok(allied.settled(run) and becomes(b, order["order_id"], state), "what is on its way (%s)" % state, order)
    run.database.sql("update orders.leg set state = 'ACCEPTED' where leg_id = '%s';" % tender["leg_id"])  # the owner has not heard yet
    run.ask("POST", "/v1/shipments/%s/legs/%s/state" % (tender["shipment_id"], tender["leg_id"]), {"state": "CANCELLED"}, a.key)
    told = "select count(*) from core.event where tenant_id = '%s' and object_id = '%s' and type = 'orders.order.called_off';" % (b.tenant, order["order_id"])
    tap.ok(hansa.wait_for(lambda: run.database.sql(told) == "1", 10), "is not ended over the carrier's head: it is told")
    tap.equal(b.get("/v1/orders/" + order["order_id"]).json["state"], state, "and staff end it")


def tendered(tap, run, fleet, a, b):
    """An order that is called off while a leg of it is on offer."""
    customer = a.post("/v1/accounts", {"name": "Shipper"}, 201)["account_id"]
    mine = a.post("/v1/orders", {"account_id": customer, "origin": {"city": "Venlo", "country": "NL"}}, 201)["order_id"]
    run.ask("POST", "/v1/orders/%s/confirm" % mine, {}, a.key)
    shipment = a.get("/v1/orders/%s?expand=shipments" % mine).json["shipments"][0]["shipment_id"]
    tender = fleet.tender(fleet.leg(shipment)[0])
    allied.arrived(b, tender["tender_id"])
    run.ask("POST", "/v1/orders/%s/cancel" % mine, {"reason": "No goods"}, a.key)
    tap.ok(hansa.wait_for(lambda: allied.offer_of(b, tender["tender_id"])["state"] == "WITHDRAWN", 10), "what is on offer is withdrawn with its order")
    tap.equal(run.database.sql("select state from orders.leg where leg_id = '%s';" % tender["leg_id"]), "CANCELLED", "and its leg called off")


def masked(tap, run, fleet, a, b):
    """A charter that tells next to nothing: there is an order all the same."""
    fleet.charter([r if r["document"] != "AWARD" else {**r, "fields": ["/leg/seq"]} for r in allied.RULES if r["document"] != "TENDER"] +
                  [{"document": "TENDER", "role": "DELIVERY", "fields": ["/price"]}])
    _, offer = fleet.awarded(b)
    order, _ = order_of(run, b, offer)
    tap.ok(order["state"] in ("CONFIRMED", "CREDIT_HOLD") and order["price"] == WON and order["cargo"][0]["description"] == "Carriage of a leg", "what is told of nothing is carriage", order)
    fleet.charter(allied.RULES)


def main():
    tap = hansa.Tap()
    run = client.Run("awarded", max_running_tenant=100)
    with run:
        a, b, c = (run.world(name, full=False) for name in ("giver", "ally", "other-ally"))
        fleet = allied.Fleet(run, a, {b: "DELIVERY", c: "DELIVERY"})
        account, offer = taken_over(tap, run, fleet, a, b)
        counts(tap, run, fleet, a, b, account, offer)
        mapping(tap, run, fleet, a, b, c)
        for section in (taken_back, tendered, masked):
            section(tap, run, fleet, a, b)
        allied.settled(run)
        tap.equal(allied.faults(run.database), [], "nothing is lost or doubled")
    run.verdict(tap)
    tap.done()


main()
