"""One of everything of room sales."""
PLACE = 20
NEED = {"origin": {"city": "Rotterdam", "country": "NL"}, "destination": {"city": "Praha", "country": "CZ"},
        "references": [{"kind": "PO", "number": "PO-77"}], "cargo": [{"description": "Cheese", "quantity": "12", "unit": "pallets", "weight_kg": "4800"}]}
OPTIONS = [{"name": "By road", "route": "Rotterdam – Praha", "mode": "ROAD", "transit_days": 2, "cost": "900.00", "price": "1200.00", "co2_kg": "410.5"},
           {"name": "By rail", "route": "Rotterdam – Praha by rail", "mode": "RAIL", "transit_days": 4, "price": "950.00"}]


def quote(world, **more):
    """Makes a draft; gives its id."""
    return world.post("/v1/quotes", {"account_id": world.values["account_id"], "title": "Cheese", "currency": "EUR", "need": NEED, "options": OPTIONS,
                                     "valid_until": "2099-12-31T12:00:00Z", "zone": "Europe/Prague", **more}, 201)["quote_id"]


def sent(world, **more):
    """Makes and sends one; gives id and token."""
    made = world.post("/v1/quotes/%s/send" % quote(world, **more), None)
    world.run.secret(made["token"], "a quote's token")
    return made["quote_id"], made["token"]


def fill(world):
    values = world.values

    def opportunity():
        return world.post("/v1/opportunities", {"account_id": values["account_id"], "name": "Chance of " + world.slug}, 201)["opportunity_id"]
    values.update(opportunity_id=opportunity(), stage_opportunity_id=opportunity(), quote_id=quote(world), send_quote_id=quote(world))
    for name in ("", "yes_", "no_", "link_yes_", "link_no_", "convert_"):
        values[name + "sent_quote_id"], values[name + "quote_token"] = sent(world)
    world.post("/v1/quotes/%s/accept" % values["convert_sent_quote_id"], {"option_no": 1})
    world.run.ask("GET", "/v1/quote-links/" + values["quote_token"])  # from then on looking writes nothing
