"""One analysis that was kept, and a program that counts by six months of orders in euro."""
import world

PLACE = 70


def fill(own):
    own.post("/v1/programs", {"name": world.unique("Program "), "points_name": "Thaler", "earn_basis": "SPEND", "earn_currency": "EUR", "rate": "1", "window_months": 6}, 201)
    own.values["snapshot_id"] = own.post("/v1/insight/snapshots", {"basis": "SHIPMENTS"}, 201)["snapshot_id"]
