"""One of everything of room membership: a program, an active member with many points, a reward, and what is used up by one look."""
import world

PLACE = 60
FRESH = 40
TIERS = [{"code": "SILVER", "name": "Silver", "qualify": "1000", "keep": "800", "benefits": [{"kind": "PRIORITY"}]},
         {"code": "GOLD", "name": "Gold", "qualify": "5000", "benefits": [{"kind": "MEMBER_PRICE", "percent": "5"}, {"kind": "OTHER", "note": "Tea"}]}]


def program(own, **more):
    return own.post("/v1/programs", {"name": world.unique("Program "), "points_name": "Thaler", "earn_basis": "SHIPMENTS", "rate": "10", "tiers": TIERS,
                                     **more}, 201)["program_id"]


def account(own):
    return own.post("/v1/accounts", {"name": world.unique("Member "), "code": world.unique("M")}, 201)["account_id"]


def member(own, program_id, account_id=None, status="ENROLLED", **more):
    return own.post("/v1/members", {"program_id": program_id, "account_id": account_id or account(own), "status": status, **more}, 201)["member_id"]


def earn(own, member_id, points):
    return own.post("/v1/members/%s/points" % member_id, {"points": points, "reason": "Made for a test"}, 201)["transaction_id"]


def fill(own):
    values, many = own.values, range(FRESH)
    values["program_id"] = program(own)
    values["member_id"] = member(own, values["program_id"], values["account_id"], contact_ids=[values["contact_id"]])
    values["transaction_id"] = earn(own, values["member_id"], 900000000)
    values["redeem_transaction_id"] = own.post("/v1/members/%s/points/redeem" % values["member_id"], {"points": 1, "reason": "Made for a test"}, 201)["transaction_id"]
    reward = lambda **more: own.post("/v1/rewards", {"program_id": values["program_id"], "name": "A day at the harbour", "points": 10, **more}, 201)["reward_id"]  # noqa: E731
    values["reward_id"], values["gold_reward_id"], values["gone_reward_id"] = reward(stock=1000000), reward(tiers=["GOLD"]), reward(stock=0)
    values["late_reward_id"] = reward(valid_from="2020-01-01T00:00:00Z", valid_to="2020-02-01T00:00:00Z")
    redemption = lambda: own.post("/v1/redemptions", {"member_id": values["member_id"], "reward_id": values["reward_id"]}, 201)["redemption_id"]  # noqa: E731
    values["redemption_id"], values["ended_redemption_id"] = redemption(), redemption()
    own.post("/v1/redemptions/%s/fulfil" % values["ended_redemption_id"], {}, 200)
    values["prospect_member_id"] = member(own, values["program_id"], status="PROSPECT")
    values["other_program_id"] = program(own)
    values["other_reward_id"] = own.post("/v1/rewards", {"program_id": values["other_program_id"], "name": "Tea", "points": 1}, 201)["reward_id"]
    waiting = member(own, values["program_id"])
    values["waiting_member_id"] = waiting
    tier_change = lambda one: own.post("/v1/members/%s/tier-changes" % one, {"to_tier": "GOLD", "note": "Made for a test"}, 201)["tier_change_id"]  # noqa: E731
    values["tier_change_id"] = tier_change(waiting)
    gold = member(own, values["program_id"])
    values["decided_tier_change_id"] = tier_change(gold)
    own.post("/v1/tier-changes/%s/decision" % values["decided_tier_change_id"], {"decision": "CONFIRM"}, 200)
    values["gold_member_id"] = gold
    values.fresh["fresh_joining_account_id"] = [account(own) for _ in many]
    values.fresh["fresh_moved_member_id"] = [member(own, values["program_id"], status="PROSPECT") for _ in many]
    values.fresh["fresh_tier_member_id"] = [member(own, values["program_id"]) for _ in many]
    values.fresh["fresh_tier_change_id"] = [tier_change(member(own, values["program_id"])) for _ in many]
    values.fresh["fresh_transaction_id"] = [earn(own, values["member_id"], 3) for _ in many]
    values.fresh["fresh_fulfilled_id"] = [redemption() for _ in many]
    values.fresh["fresh_cancelled_id"] = [redemption() for _ in many]
