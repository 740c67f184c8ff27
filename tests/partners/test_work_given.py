#!/usr/bin/env python3
"""Every door by which a partner gets work asks whether it may be given any (decision 0050): with papers that have run out the answer
warns or is refused, as the tenant has set it; a partner that is suspended gets none, and who meets that learns since when and why."""
import datetime

import allied
import client
import hansa
import people
import world
import world_of_partners as make

RAN_OUT = "Licence EU community licence (L-1) ran out on 2026-03-31"
PAPERS = [{"kind": "INSURANCE", "name": "CMR liability", "valid_to": "2026-02-28"}, {"kind": "INSURANCE", "name": "cmr LIABILITY", "valid_from": "2026-03-01"},
          {"kind": "LICENCE", "name": "EU community licence", "number": "L-1", "valid_to": "2026-03-31"}]


def partner(own, scac, **more):
    """A relation with its account's id and carrier code."""
    account = own.post("/v1/accounts", {"kind": "PARTNER", "name": "Papers " + scac, "scac": scac}, 201)["account_id"]
    own.post("/v1/partners", {"account_id": account, "org_id": make.organisation(own), "network_role": "PEER", **more}, 201)
    return account


def patched(own, path, body):
    return own.run.ask("PATCH", path, body, own.key, {"if-match": own.get(path).headers["etag"]})


def once(own, path, body, headers=None):
    return own.run.ask("POST", path, body, None if headers else own.key, {"idempotency-key": world.unique("w"), **(headers or {})})


class Doors:
    """name: a function of (account, scac) that gives work to a carrier and answers (answer, its warnings)."""

    def __init__(self, run, fleet, own):
        self.run, self.fleet, self.own = run, fleet, own
        self.shipment = allied.shipment(own)
        self.leg(None)  # makes the stops
        stops = run.database.sql("select stop_id from orders.stop where shipment_id = '%s' order by seq;" % self.shipment).splitlines()
        self.ends = {"mode": "ROAD", "from_stop_id": stops[0], "to_stop_id": stops[1]}
        customer = own.post("/v1/accounts", {"name": "Shipper"}, 201)["account_id"]
        self.order = own.post("/v1/orders", {"account_id": customer, "origin": {"city": "Venlo", "country": "NL"}}, 201)["order_id"]
        self.run.ask("POST", "/v1/orders/%s/confirm" % self.order, {"make_shipment": False}, own.key)

    def leg(self, account, state="PLANNED"):
        """A leg of its own shipment, put into the tables, so that no door was passed."""
        made = allied.legs(self.run, self.own, self.shipment if account is None else allied.shipment(self.own))[0]
        if account:
            self.run.database.sql("update orders.leg set state = '%s', carrier_account_id = '%s' where leg_id = '%s';" % (state, account, made))
        return "/v1/shipments/%s/legs/%s" % (self.run.database.sql("select shipment_id from orders.leg where leg_id = '%s';" % made), made)

    def all(self):
        legs = "/v1/shipments/%s/legs" % self.shipment
        return {
            "a new leg, by account": lambda a, s: self.run.ask("POST", legs, {**self.ends, "carrier_account_id": a}, self.own.key),
            "a new leg, by code": lambda a, s: self.run.ask("POST", legs, {**self.ends, "carrier_scac": s}, self.own.key),
            "a leg's change, by account": lambda a, s: patched(self.own, self.leg(""), {"carrier_account_id": a}),
            "a leg's change, by code": lambda a, s: patched(self.own, self.leg(""), {"carrier_scac": s}),
            "a leg agreed": lambda a, s: self.run.ask("POST", self.leg(a) + "/state", {"state": "ACCEPTED"}, self.own.key),
            "a leg sent on its way": lambda a, s: self.run.ask("POST", self.leg(a, "ACCEPTED") + "/state", {"state": "DISPATCHED"}, self.own.key),
            "a paper": lambda a, s: once(self.own, "/v1/shipments/%s/consignments" % self.shipment, {"kind": "CMR", "number": world.unique("C"), "carrier_account_id": a}),
            "a shipment": lambda a, s: once(self.own, "/v1/shipments", {"carrier_scac": s}),
            "a shipment's change": lambda a, s: patched(self.own, "/v1/shipments/" + allied.shipment(self.own), {"carrier_scac": s}),
            "a shipment of an order": lambda a, s: once(self.own, "/v1/orders/%s/shipments" % self.order, {"carrier_scac": s}),
            "an award": lambda a, s: self.award(a),
            "a first acceptance": lambda a, s: self.acceptance(a)}

    def tender(self, account, rule):
        return self.fleet.tender(self.fleet.leg()[0], members=[], partners=[account], award_rule=rule)

    def award(self, account):
        made = self.tender(account, "MANUAL")
        self.run.ask("POST", "/v1/offers/%s/accept" % made["bids"][0]["bid_id"], {}, self.own.key)
        return self.run.ask("POST", "/v1/tenders/%s/award" % made["tender_id"], {"bid_id": made["bids"][0]["bid_id"]}, self.own.key)

    def acceptance(self, account):
        return self.run.ask("POST", "/v1/offers/%s/accept" % self.tender(account, "FIRST_ACCEPTANCE")["bids"][0]["bid_id"], {}, self.own.key)


def warnings(answer):
    found = answer.json.get("warnings")
    return found if found is not None else [w for bid in answer.json.get("bids", []) for w in bid["warnings"]]


def setting(own, value):
    return own.run.ask("PUT", "/v1/partners/settings", {"expired_credentials": value}, own.key)


def papers(tap, own, doors):
    sound, expired = partner(own, "QSND", credentials=PAPERS[:2]), partner(own, "QEXP", credentials=PAPERS)
    told = ["Papers QEXP: " + RAN_OUT]
    tap.equal(own.get("/v1/partners/settings").json, {"expired_credentials": "WARN", "changed_at": None}, "who has set nothing warns")
    for value in ("WARN", "REFUSE"):
        if value == "REFUSE":
            done = setting(own, value)
            tap.ok(done.status == 200 and done.json["expired_credentials"] == "REFUSE" and done.json["changed_at"], "the tenant's setting is changed", done)
        for name, door in doors.all().items():
            answer = door(sound, "QSND")
            tap.ok(answer.status in (200, 201) and warnings(answer) in ([], None), "%s: renewed papers are no matter (%s)" % (name, value), answer)
            answer = door(expired, "QEXP")
            if value == "WARN":
                tap.ok(answer.status in (200, 201) and warnings(answer) == told, name + " warns, what and since when", answer)
            else:
                tap.ok(answer.status == 409 and client.problem_code(answer) == "partners/credential_expired" and RAN_OUT in answer.json["errors"][0]["detail"],
                       name + " is refused", answer)
    renewed = patched(own, "/v1/partners/" + expired, {"credentials": PAPERS + [{**PAPERS[2], "valid_to": None}]})
    tap.ok(renewed.status == 200 and doors.all()["an award"](expired, "QEXP").status == 200, "taken down anew, it is given work again", renewed)
    setting(own, "WARN")


def today(tap, own):
    """The last day is a whole day, where the tenant is."""
    day = datetime.date.fromisoformat(own.run.database.sql("select (now() at time zone zone)::date from identity.tenant where id = '%s';" % own.tenant))
    account = partner(own, "QDAY", credentials=[{"kind": "LICENCE", "name": "Night", "valid_to": (day + datetime.timedelta(1)).isoformat()}])
    words = lambda: own.run.database.sql("begin; set local hansa.tenant_id = '%s'; select partners.api_work_warnings('%s', '%s', null); commit;"  # noqa: E731
                                         % (own.tenant, own.tenant, account)).split("\n")
    tap.ok("{}" in words(), "what runs out tomorrow has not run out")
    patched(own, "/v1/partners/" + account, {"credentials": [{"kind": "LICENCE", "name": "Night", "valid_to": (day - datetime.timedelta(2)).isoformat()}]})
    tap.ok(any("ran out on" in line for line in words()), "what ran out the day before yesterday has", words())


def suspended(tap, run, own, doors):
    account = partner(own, "QSUS")
    for step in ({"to": "QUALIFIED"}, {"to": "ACTIVE"}, {"to": "SUSPENDED", "reason": "Two loads lost in May"}):
        own.post("/v1/partners/%s/transitions" % account, step, 200)
    for name, door in doors.all().items():
        if name not in ("an award", "a first acceptance"):
            answer = door(account, "QSUS")
            tap.ok(answer.status == 409 and client.problem_code(answer) == "partners/partner_status" and "Two loads lost in May" in answer.json["errors"][0]["detail"],
                   name + ": who is suspended gets none, and why", answer)
    leg = doors.fleet.leg()[0]
    body = {"leg_id": leg, "partners": [account], "expires_at": "2099-01-01T00:00:00Z"}
    answer = run.ask("POST", "/v1/tenders", body, own.key)
    tap.ok(answer.status == 422 and "Papers QSUS is SUSPENDED since" in answer.json["errors"][0]["detail"] and "Two loads lost in May" in answer.json["errors"][0]["detail"],
           "a tender says why he is not asked", answer)
    own.post("/v1/partners/%s/transitions" % account, {"to": "ACTIVE"}, 200)
    made = doors.tender(account, "MANUAL")
    bid = made["bids"][0]["bid_id"]
    own.post("/v1/partners/%s/transitions" % account, {"to": "SUSPENDED", "reason": "Two loads lost in May"}, 200)
    seen = run.ask("POST", "/v1/offers/%s/accept" % bid, {}, own.key)
    tap.equal(seen.status, 200, "asked before, he may answer")
    bids = own.get("/v1/tenders/" + made["tender_id"]).json["bids"]
    tap.ok("Two loads lost in May" in bids[0]["warnings"][0], "his bid tells how he stands", bids)
    answer = run.ask("POST", "/v1/tenders/%s/award" % made["tender_id"], {"bid_id": bid}, own.key)
    tap.ok(answer.status == 409 and client.problem_code(answer) == "partners/partner_status" and "Two loads" in answer.json["errors"][0]["detail"], "but is awarded nothing", answer)
    made = people.make(run.server, own.slug, "pia@canary.example")
    run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = 'PARTNER' where user_id = '%s';" % (made.user_id, made.user_id))
    own.grant(made.user_id, "partner", reach="PARTNER", account_id=account)
    headers = people.sign_in(run.server, made).headers()
    own.post("/v1/partners/%s/transitions" % account, {"to": "ACTIVE"}, 200)
    offered = doors.tender(account, "FIRST_ACCEPTANCE")["bids"][0]["bid_id"]
    own.post("/v1/partners/%s/transitions" % account, {"to": "SUSPENDED", "reason": "Two loads lost in May"}, 200)
    answer = run.ask("POST", "/v1/offers/%s/accept" % offered, {}, headers=headers)
    tap.ok(answer.status == 409 and client.problem_code(answer) == "partners/partner_status" and "Two loads" not in answer.body.decode(),
           "his own people learn that they get none, not what is thought of him", answer)


def members(tap, run, fleet, own, ally):
    """A member answers from its own house: it is heard, and the owner sees what speaks against it."""
    account = own.post("/v1/accounts", {"kind": "PARTNER", "name": "Ally", "scac": "QALY"}, 201)["account_id"]
    own.post("/v1/partners", {"account_id": account, "org_id": fleet.org(ally), "network_role": "PEER", "credentials": PAPERS}, 201)
    setting(own, "REFUSE")
    made = fleet.tender(fleet.leg()[0])
    ally.post("/v1/offers/%s/accept" % allied.arrived(ally, made["tender_id"])["offer_id"], {}, 200)
    tender = hansa.wait_for(lambda: (lambda t: t if t["bids"][0]["state"] != "OFFERED" else None)(own.get("/v1/tenders/" + made["tender_id"]).json), 10)
    tap.ok(tender and tender["state"] == "OFFERED" and tender["bids"][0]["state"] == "ACCEPTED" and tender["bids"][0]["warnings"] == ["Ally: " + RAN_OUT],
           "a member's acceptance is heard, and not awarded", tender)
    award = lambda: run.ask("POST", "/v1/tenders/%s/award" % made["tender_id"], {"bid_id": tender["bids"][0]["bid_id"]}, own.key)  # noqa: E731
    tap.equal(award().status, 409, "nor by hand")
    setting(own, "WARN")
    done = award()
    tap.ok(done.status == 200 and done.json["bids"][0]["warnings"] == ["Ally: " + RAN_OUT], "until the owner settles it", done)
    tap.ok(hansa.wait_for(lambda: allied.offer_of(ally, made["tender_id"])["state"] == "AWARDED", 10), "then the member has it")
    leg = fleet.leg()[0]
    body = {"leg_id": leg, "alliance_id": fleet.alliance_id, "members": [fleet.org(ally)], "expires_at": "2099-01-01T00:00:00Z"}
    run.database.sql("update alliances.member set state = 'SUSPENDED', state_reason = 'Dues of May' where alliance_id = '%s' and member_tenant = '%s';" % (fleet.alliance_id, ally.tenant))
    answer = run.ask("POST", "/v1/tenders", body, own.key)
    tap.ok(answer.status == 422 and "SUSPENDED" in answer.json["errors"][0]["detail"] and "Dues of May" in answer.json["errors"][0]["detail"], "why a member is not asked", answer)
    answer = run.ask("POST", "/v1/tenders", {**body, "leg_id": allied.legs(run, ally, allied.shipment(ally))[0], "members": [fleet.org(own)]}, ally.key)
    tap.ok(answer.status == 422 and "Dues of May" in answer.json["errors"][0]["detail"], "and to itself why it may not ask", answer)
    run.database.sql("update alliances.alliance set state = 'SUSPENDED', state_reason = 'Under review' where alliance_id = '%s';" % fleet.alliance_id)
    answer = run.ask("POST", "/v1/tenders", body, own.key)
    tap.ok(answer.status == 422 and "Under review" in answer.json["errors"][0]["detail"], "why nothing goes while the alliance is suspended", answer)


def main():
    tap = hansa.Tap()
    run = client.Run("work", max_running_tenant=100)
    with run:
        own, ally = (run.world(name, full=False) for name in ("work-owner", "work-ally"))
        fleet = allied.Fleet(run, own, {ally: "DELIVERY"})
        doors = Doors(run, fleet, own)
        papers(tap, own, doors)
        today(tap, own)
        suspended(tap, run, own, doors)
        members(tap, run, fleet, own, ally)
    run.verdict(tap)
    tap.done()


main()
