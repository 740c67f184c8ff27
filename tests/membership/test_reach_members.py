#!/usr/bin/env python3
"""Who sees memberships: a customer its own, with its program and rewards, and may redeem; the rest is 404 like nobody's. Staff of a unit sees the
members of its accounts. Partners see nothing."""
import uuid

import ground
import hansa
import people
import world_of_membership as made


class Caller:
    def __init__(self, run, own, name, audience, grants):
        who = people.make(run.server, own.slug, name + "@canary.example")
        run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s'"
                         % (who.user_id, audience, who.user_id))
        for role, more in grants:
            own.grant(who.user_id, role, **more)
        self.run, self.session = run, people.sign_in(run.server, who)

    def ask(self, method, path, body=None):
        return self.run.ask(method, path, body, headers=self.session.headers())

    def get(self, path):
        return self.ask("GET", path)

    def ids(self, path, name):
        answer = self.get(path)
        return sorted(one[name] for one in answer.json["data"]) if answer.status == 200 else answer.status


def alike(answer, other):
    return answer.status == other.status and {k: v for k, v in answer.json.items() if k != "request_id"} == {k: v for k, v in other.json.items() if k != "request_id"}


def main():
    tap = hansa.Tap()
    with ground.Ground() as run:
        own = run.world("reach-a")
        unit = own.post("/v1/units", {"name": "North"}, 201)["unit_id"]
        mine = own.post("/v1/accounts", {"name": "Mine", "unit_id": unit}, 201)["account_id"]
        theirs = own.post("/v1/accounts", {"name": "Theirs"}, 201)["account_id"]
        carrier = own.post("/v1/accounts", {"kind": "PARTNER", "name": "Carrier", "scac": "HXAA"}, 201)["account_id"]
        program, closed = made.program(own), made.program(own)
        member, stranger = made.member(own, program, mine), made.member(own, program, theirs)
        other = made.member(own, closed, theirs)
        for one in (member, stranger, other):
            made.earn(own, one, 100)
        reward = own.post("/v1/rewards", {"program_id": program, "name": "Tea", "points": 10}, 201)["reward_id"]
        hidden = own.post("/v1/rewards", {"program_id": closed, "name": "Gold", "points": 10}, 201)["reward_id"]
        taken = own.post("/v1/redemptions", {"member_id": stranger, "reward_id": reward}, 201)["redemption_id"]
        change = own.post("/v1/members/%s/tier-changes" % stranger, {"to_tier": "GOLD", "note": "VIP"}, 201)["tier_change_id"]

        customer = Caller(run, own, "customer", "CUSTOMER", [("customer", {"reach": "ACCOUNT", "account_id": mine})])
        tap.equal(customer.ids("/v1/members", "member_id"), [member], "a customer lists its own membership")
        tap.equal(customer.get("/v1/members/" + member).status, 200, "and sees it")
        tap.equal(customer.get("/v1/members/%s/points" % member).json["balance"]["available"], 100, "and its points")
        tap.equal(customer.ids("/v1/programs", "program_id"), [program], "and the program that it is in")
        tap.equal(customer.ids("/v1/rewards", "reward_id"), [reward], "and the rewards of that")
        redeemed = customer.ask("POST", "/v1/redemptions", {"member_id": member, "reward_id": reward})
        tap.ok(redeemed.status == 201, "and may take one", redeemed)
        tap.equal(customer.ids("/v1/redemptions", "redemption_id"), [redeemed.json["redemption_id"]], "and lists what it took")
        back = customer.ask("POST", "/v1/redemptions/%s/cancel" % redeemed.json["redemption_id"], {})
        tap.ok(back.status == 200, "and may give it back", back)
        tap.equal(customer.ask("POST", "/v1/redemptions/%s/fulfil" % redeemed.json["redemption_id"], {}).status, 403, "but not say that it was handed over")
        tap.equal(customer.ask("POST", "/v1/members/%s/points" % member, {"points": 5, "reason": "please"}).status, 403, "nor give itself points")
        nobody = str(uuid.uuid4())
        for path, foreign in (("/v1/members/%s", stranger), ("/v1/members/%s/points", stranger), ("/v1/members/%s/points/transactions", stranger),
                              ("/v1/members/%s/history", stranger), ("/v1/programs/%s", closed), ("/v1/programs/%s/versions", closed), ("/v1/rewards/%s", hidden),
                              ("/v1/redemptions/%s", taken), ("/v1/tier-changes/%s", change)):
            answer = customer.get(path % foreign)
            tap.ok(answer.status == 404 and alike(answer, customer.get(path % nobody)), "another account's %s is like nobody's" % (path % "…"), answer)
        tap.equal(customer.ids("/v1/tier-changes", "tier_change_id"), [], "tier changes of others are in no list")
        for decision, is_told in (("REJECT", False), ("CONFIRM", True)):
            own_change = own.post("/v1/members/%s/tier-changes" % member, {"to_tier": "GOLD", "note": "Before they leave"}, 201)["tier_change_id"]
            path = "/v1/tier-changes/" + own_change
            tap.equal([customer.get(path).status, customer.ids("/v1/tier-changes", "tier_change_id")], [404, []], "a customer hears nothing of a proposal")
            own.post(path + "/decision", {"decision": decision})
            told = customer.get(path)
            tap.equal([told.status, customer.ids("/v1/tier-changes", "tier_change_id")], [200, [own_change]] if is_told else [404, []],
                      "and of its %s %s" % (decision, "does" if is_told else "nothing either"))
        tap.ok(told.json["to_tier"] == "GOLD" and b"Before they leave" not in told.body, "without what staff said of it", told)
        for body in ({"member_id": stranger, "reward_id": reward}, {"member_id": nobody, "reward_id": reward}):
            answer = customer.ask("POST", "/v1/redemptions", body)
            tap.ok(answer.status == 422 and b"membership/member_unknown" in answer.body, "nobody spends another's points", answer)
        answer = customer.ask("POST", "/v1/redemptions/%s/cancel" % taken, {})
        tap.equal(answer.status, 404, "or gives another's reward back")
        tap.equal([customer.get(p).status for p in ("/v1/insight/rfm", "/v1/insight/abc", "/v1/insight/snapshots")], [403] * 3, "analyses are not for customers")

        partner = Caller(run, own, "partner", "PARTNER", [("partner", {"reach": "PARTNER", "account_id": carrier})])
        tap.equal([partner.get(p).status for p in ("/v1/members", "/v1/programs", "/v1/rewards", "/v1/insight/rfm")], [403] * 4, "partners see nothing of it")

        staff = Caller(run, own, "staff", "STAFF", [("manager", {"reach": "UNIT", "unit_id": unit})])
        tap.equal(staff.ids("/v1/members", "member_id"), [member], "staff of a unit sees the members of its accounts")
        tap.equal(staff.ids("/v1/programs", "program_id"), sorted([program, closed]), "and all programs")
        tap.equal(staff.ask("POST", "/v1/members/%s/points" % stranger, {"points": 5, "reason": "please"}).status, 404, "and gives no points beyond")
        tap.equal(staff.ask("POST", "/v1/tier-changes/%s/decision" % change, {"decision": "CONFIRM"}).status, 404, "and decides nothing beyond")
        tap.equal(staff.ask("POST", "/v1/members", {"program_id": closed, "account_id": theirs}).status, 422, "and makes nobody a member beyond")
        for account, day in ((mine, "2026-05-01"), (theirs, "2026-05-02")):
            own.post("/v1/shipments", {"customer": {"account_id": account}, "planned_delivery": {"to": day + "T12:00:00Z", "zone": "UTC"}}, 201)
        graded = staff.get("/v1/insight/rfm?basis=SHIPMENTS&until=2026-05-31").json["data"]
        tap.equal([(g["account_id"], g["recency"]["rank"], g["recency"]["of"]) for g in graded], [(mine, 2, 2)], "grades are among all accounts, shown are those within reach")
        snapshot = own.post("/v1/insight/snapshots", {"basis": "SHIPMENTS", "until": "2026-05-31"}, 201)["snapshot_id"]
        tap.equal(staff.ids("/v1/insight/snapshots/%s/accounts" % snapshot, "account_id"), [mine], "also of what was kept")
        tap.equal(staff.get("/v1/insight/rfm/%s/rows?basis=SHIPMENTS" % theirs).status, 404, "and the rows behind others' are not there")
    tap.done()


main()
