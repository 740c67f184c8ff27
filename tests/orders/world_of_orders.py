"""One of everything of room orders: orders in every state that an endpoint starts from, and a shipment with stops, legs and papers."""
PLACE = 30
MANY = 40


def cargo():
    return [{"description": "Espresso machines", "hs_code": "851671", "quantity": "24", "unit": "CTN", "weight_kg": "412.50"},
            {"description": "Grinders", "quantity": "8"}]


def order(world, **more):
    place = world.run.canary("Canary dock " + world.slug, "a place")
    return world.post("/v1/orders", {
        "account_id": world.values["account_id"], "references": [{"kind": "PO", "number": "PO-" + world.slug}], "cargo": cargo(),
        "origin": {"city": "Rotterdam", "country": "NL", "zone": "Europe/Amsterdam"}, "destination": {"name": place, "city": "Chicago", "country": "US"},
        "price": {"amount": "380.00", "currency": "EUR"}, **more}, 201)


def go_on(world, order_id, *steps):
    for verb, body in steps:
        world.post("/v1/orders/%s/%s" % (order_id, verb), body)
    return order_id


def fill(world):
    values = world.values
    confirm = ("confirm", {"make_shipment": False})
    values["order_id"] = go_on(world, order(world, origin=None)["order_id"], ("confirm", {}))
    values["order_number"] = world.get("/v1/orders/" + values["order_id"]).json["order_number"]
    values["draft_order_id"] = order(world, draft=True)["order_id"]
    drafts, submitted = ([order(world, draft=draft)["order_id"] for _ in range(MANY * times)] for draft, times in ((True, 2), (False, 7)))
    fresh = values.fresh
    fresh["fresh_draft_id"] = drafts[:MANY]
    fresh["fresh_submitted_id"], fresh["fresh_to_reject_id"] = submitted[:MANY], submitted[MANY:2 * MANY]
    fresh["fresh_to_cancel_id"] = drafts[MANY:]
    fresh["fresh_confirmed_id"] = [go_on(world, o, confirm) for o in submitted[2 * MANY:4 * MANY]]
    held, delivered, invoiced = submitted[4 * MANY:5 * MANY], submitted[5 * MANY:6 * MANY], submitted[6 * MANY:]
    # What only time, shipments and credit bring about stands so from the start.
    for state, some, more in (("CREDIT_HOLD", held, ", hold_reason = 'ACCOUNT_ON_HOLD'"), ("DELIVERED", delivered, ""), ("INVOICED", invoiced, "")):
        world.run.database.sql("update orders.order_ set state = '%s'%s where order_id in (%s);" % (state, more, ", ".join("'%s'" % o for o in some)))
    fresh.update(fresh_held_id=held, fresh_delivered_id=delivered, fresh_invoiced_id=invoiced)

    values["leg_shipment_id"] = shipment = world.shipment(customer={"account_id": values["account_id"]}, handling_units=[
        {"sscc": values.get("unit_sscc") or sscc(world), "type": "PALLET", "weight_kg": "400"}, {"type": "CARTON"}])["shipment_id"]
    stops = [world.post("/v1/shipments/%s/stops" % shipment, {"type": kind, "place": {"city": city, "country": "NL", "zone": "Europe/Amsterdam"}}, 201)["stop_id"]
             for kind, city in (("PICKUP", "Rotterdam"), ("HUB", "Utrecht"), ("DELIVERY", "Zwolle"))]
    values.update(stop_id=stops[0], hub_stop_id=stops[1], last_stop_id=stops[2])
    values["consignment_id"] = world.post("/v1/shipments/%s/consignments" % shipment, {"kind": "CMR", "number": "CMR-" + world.slug, "carrier_scac": "QQTS"},
                                          201)["consignment_id"]
    leg = {"mode": "ROAD", "from_stop_id": stops[0], "to_stop_id": stops[1], "carrier_scac": "QQTS", "cost": {"amount": "120.00", "currency": "EUR"}}
    values["leg_id"] = world.post("/v1/shipments/%s/legs" % shipment, leg, 201)["leg_id"]
    fresh["fresh_leg_id"] = [world.post("/v1/shipments/%s/legs" % shipment, leg, 201)["leg_id"] for _ in range(2 * MANY)]
    units = world.get("/v1/shipments/%s/handling-units" % shipment).json["handling_units"]
    values.update(handling_unit_id=units[0]["handling_unit_id"], inner_unit_id=units[1]["handling_unit_id"])
    more = world.post("/v1/shipments/%s/handling-units" % shipment, {"handling_units": [{"type": "PALLET", "weight_kg": "100"}] * (2 * MANY)}, 201)
    fresh["fresh_handling_unit_id"] = [u["handling_unit_id"] for u in more["handling_units"][2:]]


def sscc(world):
    import world as house
    world.values["unit_sscc"] = house.sscc()
    return world.values["unit_sscc"]
