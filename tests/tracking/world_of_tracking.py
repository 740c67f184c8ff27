"""Exceptions and proofs of delivery."""
PLACE = 35
MANY = 40


def fill(world):
    values = world.values

    def opened():
        return world.post("/v1/exceptions", {"shipment_id": values["shipment_id"], "code": "OTH",
                                             "note": world.run.canary("Canary note " + world.slug, "a note")}, 201)["exception_id"]
    values["exception_id"] = opened()
    values.fresh["fresh_exception_id"] = [opened() for _ in range(MANY)]
    values["proof_id"] = world.post("/v1/shipments/%s/proof-of-delivery" % values["shipment_id"], {
        "signer": world.run.canary("Canary Signer " + world.slug, "who signed"), "condition": "GOOD", "pieces_ok": 1}, 201)["proof_id"]
