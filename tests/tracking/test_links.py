"""Public tracking links in the database: what they show, that they end, and whom they know (promise T12)."""
import hashlib
import json

import hansa
import scenario
from scenario import A, B, event


def show(run, secret=b"secret"):
    return run.body("tracking/track", secret_hash=hashlib.sha256(secret).digest(), token="t")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        runs = scenario.tenants(db)
        made = scenario.shipment(runs[A], "SECRET-BOL", units=1, planned_delivery={"to": "2026-03-12T12:00:00Z"},
                                 origin={"name": "Hidden Shipper Ltd", "address_lines": ["Hidden Street 1"], "postcode": "60607", "city": "Chicago",
                                         "country": "US", "zone": "America/Chicago"})
        scenario.record(runs[A], event("SECRET-BOL", "hidden-id", "DEP", "2026-03-10T10:42:00", zone="America/Chicago", raw_code="hidden-raw", reason="AO",
                                       place={"name": "Hidden Dock", "city": "Chicago", "country": "US", "latitude": 41.5, "longitude": -87.5}),
                        event("SECRET-BOL", "e2", "ENR", "2026-03-11T10:42:00Z"), event("SECRET-BOL", "e3", "EST", "2026-03-11T11:00:00Z", eta="2026-03-12T18:00:00Z"),
                        event("SECRET-BOL", "e4", "ARH", "2026-03-11T10:00:00+01:00", place={"city": "Gent"}))
        link = scenario.link(runs[A], made["shipment_id"], expires_in_days=5)
        tap.equal(db.sql("select extract(day from expires_at - created_at) from tracking.link;"), "5", "a link lives as long as was asked")
        seen = show(runs[A])
        tap.equal(sorted(seen), ["delayed_by_minutes", "destination", "eta", "expires_at", "firm", "firm_phone", "flags", "milestones", "origin", "part",
                                 "planned_delivery", "status", "told", "tracking_number"], "a link shows these members")
        tap.equal(seen["origin"], {"city": "Chicago", "country": "US"}, "a place is a city and a country")
        tap.equal([(m["code"], m["event_time"]) for m in seen["milestones"]], [("ARH", "2026-03-11T10:00:00+01:00"), ("DEP", "2026-03-10T10:42:00-05:00")],
                  "milestones only, newest first, in the time of their place")
        tap.equal(seen["eta"], "2026-03-12T19:00:00+01:00", "the estimate in the destination's time")
        hidden = [word for word in ("Hidden", "hidden", "SECRET", "Peeters", "60607", "41.5", "ACME", "Acme", "AO", made["shipment_id"], scenario.sscc(1)) if word in json.dumps(seen)]
        tap.equal(hidden, [], "nothing else of the shipment is told")
        tap.ok(show(runs[A], b"other") is None and show(runs[B]) is None, "another secret or tenant shows nothing")
        stored = db.sql("select l::text from tracking.link l;")
        tap.ok("tttttttt" not in stored and link["token"] not in stored, "the token is not stored")

        runs[A]("tracking/link_viewed", secret_hash=hashlib.sha256(b"secret").digest())
        listed = runs[A].body("tracking/link_list", shipment_id=made["shipment_id"])
        tap.equal([(one["state"], one["view_count"], "token" in one) for one in listed], [("LIVE", 1, False)], "the list tells state and views, not the token")
        tap.ok(runs[B]("tracking/link_list", shipment_id=made["shipment_id"]) is None, "another tenant has no such shipment")
        tap.ok(scenario.link(runs[B], made["shipment_id"], b"x") is None, "nor can make a link to it")
        one = {"shipment_id": made["shipment_id"], "link_id": link["link_id"]}
        tap.equal(runs[A].body("tracking/link_get", **one), listed[0], "one link is told as in the list")
        tap.ok(runs[B]("tracking/link_get", **one) is None and runs[A]("tracking/link_get", **{**one, "shipment_id": A}) is None, "but not to another tenant, nor of another shipment")
        revoke = {"shipment_id": made["shipment_id"], "link_id": link["link_id"]}
        tap.ok(runs[B]("tracking/link_revoke", **revoke) is None, "nor end one")
        tap.ok(runs[A]("tracking/link_revoke", **revoke) and show(runs[A]) is None, "an ended link shows nothing")
        tap.ok(runs[A]("tracking/link_revoke", **revoke) is not None, "ending it again is well")
        tap.ok(runs[A]("tracking/link_revoke", shipment_id=made["shipment_id"], link_id=A) is None, "an unknown link is not found")
        scenario.link(runs[A], made["shipment_id"], b"second")
        before = show(runs[A], b"second")
        db.sql("update tracking.link set expires_at = now() where revoked_at is null;")
        tap.ok(before and show(runs[A], b"second") is None, "an expired link shows nothing")
        states = [one["state"] for one in runs[A].body("tracking/link_list", shipment_id=made["shipment_id"])]
        tap.equal(states, ["EXPIRED", "REVOKED"], "the list keeps what has ended")
    tap.done()


if __name__ == "__main__":
    main()
