#!/usr/bin/env python3
"""Many at once: points are never over-spent, stock never goes below zero, an order earns once, time takes its due once; and what goes first."""
from concurrent.futures import ThreadPoolExecutor

import ground
import hansa
import world
import world_of_membership as made

WRITERS = 50


def at_once(one, count=WRITERS):
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(count)))


def statuses(answers):
    return {s: sum(a.status == s for a in answers) for s in sorted({a.status for a in answers})}


class Scene:
    def __init__(self, tap, run):
        self.tap, self.run = tap, run
        self.own = run.world("race-a")
        self.program = made.program(self.own)

    def ask(self, method, path, body=None):
        return self.run.ask(method, path, body, self.own.key)

    def account_of(self, member):
        return self.ask("GET", "/v1/members/%s/points" % member).json

    def rich(self, points):
        member = made.member(self.own, self.program)
        made.earn(self.own, member, points)
        return member

    def reward(self, **more):
        return self.own.post("/v1/rewards", {"program_id": self.program, "name": "Tea", "points": 10, **more}, 201)["reward_id"]


def spending(scene):
    member = scene.rich(600)
    made.earn(scene.own, member, 400)
    answers = at_once(lambda _: scene.ask("POST", "/v1/members/%s/points/redeem" % member, {"points": 7, "reason": "race"}), 200)
    scene.tap.equal(statuses(answers), {201: 142, 409: 58}, "fifty at once spend 1000 points in sevens 142 times and no more")
    scene.tap.equal(scene.account_of(member)["balance"], {"available": 6, "pending": 0, "reserved": 0, "owed": 0}, "and six are left")
    member = scene.rich(100)
    reward = scene.reward()

    def both(i):
        if i % 2:
            return scene.ask("POST", "/v1/redemptions", {"member_id": member, "reward_id": reward})
        return scene.ask("POST", "/v1/members/%s/points/redeem" % member, {"points": 10, "reason": "race"})
    answers = at_once(both)
    scene.tap.equal(statuses(answers), {201: 10, 409: 40}, "rewards and plain spending draw on the same points")
    lots = scene.account_of(member)["balance"]
    scene.tap.equal(lots["available"], 0, "of which none is left")
    scene.tap.equal(lots["reserved"], 10 * sum(a.status == 201 and a.json.get("status") == "RESERVED" for a in answers), "what is set aside is what was set aside")


def stock(scene):
    members = [scene.rich(100) for _ in range(WRITERS)]
    reward = scene.reward(stock=20)
    answers = at_once(lambda i: scene.ask("POST", "/v1/redemptions", {"member_id": members[i], "reward_id": reward}))
    scene.tap.equal(statuses(answers), {201: 20, 409: 30}, "fifty members take the last twenty: twenty do")
    scene.tap.equal(scene.ask("GET", "/v1/rewards/" + reward).json["stock"], 0, "and none is left, not fewer")
    one = next(a for a in answers if a.status == 201).json
    ends = at_once(lambda i: scene.ask("POST", "/v1/redemptions/%s/%s" % (one["redemption_id"], "cancel" if i % 2 else "fulfil"), {}))
    scene.tap.equal(statuses(ends), {200: 1, 409: WRITERS - 1}, "a redemption ends once, however many end it")
    how = next(a for a in ends if a.status == 200).json["status"]
    left = 100 if how == "CANCELLED" else 90
    scene.tap.equal(scene.account_of(one["member_id"])["balance"], {"available": left, "pending": 0, "reserved": 0, "owed": 0}, "with its points where they belong")
    scene.tap.equal(scene.ask("GET", "/v1/rewards/" + reward).json["stock"], 1 if how == "CANCELLED" else 0, "and its stock")
    transaction = made.earn(scene.own, one["member_id"], 50)
    back = at_once(lambda _: scene.ask("POST", "/v1/members/%s/points/transactions/%s/reverse" % (one["member_id"], transaction), {"reason": "race"}))
    scene.tap.equal(statuses(back), {201: 1, 409: WRITERS - 1}, "points are taken back once, however many take them")


def order_of(scene, account, price):
    answer = scene.run.ask("POST", "/v1/orders", {"account_id": account, "price": price, "cargo": [{"description": "Tea", "quantity": "1"}]}, scene.own.key,
                           {"idempotency-key": world.unique()})
    if answer.status != 201:
        raise RuntimeError(repr(answer))
    return answer.json["order_id"]


def orders(scene):
    account = made.account(scene.own)
    spend = scene.own.post("/v1/programs", {"name": "Spend", "points_name": "Thaler", "earn_basis": "SPEND", "earn_currency": "EUR", "rate": "0.5"}, 201)["program_id"]
    member = made.member(scene.own, spend, account)
    other = made.member(scene.own, made.program(scene.own), account, status="PROSPECT")
    order = order_of(scene, account, {"amount": "101.99", "currency": "EUR"})
    dollars = order_of(scene, account, {"amount": "500", "currency": "USD"})
    tenant = scene.own.tenant
    tell = lambda o: scene.run.sql(scene.own, "select core.api_event('%s', 'orders.order.delivered', 'order', '%s')" % (tenant, o))  # noqa: E731
    at_once(lambda _: tell(order), 10)
    tell(dollars)
    at_once(lambda _: scene.run.sql(scene.own, "select membership.order_earned('%s', '{}', '%s')" % (tenant, order)), 10)
    waits = lambda: scene.run.database.sql("select count(*) from core.job where kind = 'membership.earn'") == "0"  # noqa: E731
    jobs = lambda: scene.run.database.sql("select kind, tries, last_error, run_at - now() from core.job")  # noqa: E731
    scene.tap.ok(hansa.wait_for(waits, 60), "the jobs of the events are done", jobs() if waits() is False else "")
    told = scene.account_of(member)
    scene.tap.equal(told["balance"]["available"], 50, "101.99 euro at half a point earn fifty, once, though the event came ten times and ten more hands asked")
    scene.tap.equal([(t["kind"], t["order_id"], t["program_version"]) for t in told["transactions"]], [("EARN", order, 1)], "the movement names its order; dollars earn nothing here")
    scene.tap.ok("was delivered" in told["transactions"][0]["reason"], "and its reason")
    scene.tap.equal(scene.ask("GET", "/v1/members/" + member).json["status"], "ACTIVE", "the first points make a member active")
    scene.tap.equal(scene.account_of(other)["balance"]["available"], 0, "a prospect earns nothing")


def withdrawn(scene):
    """A delivery that is withdrawn takes back its points, one that stands after all earns again; by the shipments of a real order."""
    account = made.account(scene.own)
    spend = scene.own.post("/v1/programs", {"name": world.unique("Back "), "points_name": "Thaler", "earn_basis": "SPEND", "earn_currency": "EUR", "rate": "1"}, 201)["program_id"]
    member = made.member(scene.own, spend, account)
    order = order_of(scene, account, {"amount": "100.00", "currency": "EUR"})
    scene.own.post("/v1/orders/%s/confirm" % order, {})
    shipment = scene.ask("GET", "/v1/orders/%s?expand=shipments" % order).json["shipments"][0]["shipment_id"]

    def tell(code, day, **more):
        name = world.unique("e")
        scene.own.events([{"shipment_id": shipment, "source": "t", "source_event_id": name, "code": code, "event_time": "2026-03-%02dT08:00:00Z" % day, **more}])
        return name

    def balance():
        told = scene.account_of(member)
        return [told["balance"]["available"], [t["kind"] for t in told["transactions"]]]
    tell("PUP", 1)
    wrong = tell("DLV", 2)
    scene.tap.ok(hansa.wait_for(lambda: balance() == [100, ["EARN"]], 60), "a delivered order earns", balance())
    tell("OTH", 2, supersedes={"source": "t", "source_event_id": wrong})
    scene.tap.ok(hansa.wait_for(lambda: balance() == [0, ["REVERSE", "EARN"]], 60), "the delivery withdrawn takes its points back", balance())
    at_once(lambda _: scene.run.sql(scene.own, "select membership.order_earned('%s', '{}', '%s')" % (scene.own.tenant, order)), 10)
    scene.tap.equal(balance(), [0, ["REVERSE", "EARN"]], "once, and nobody earns from it meanwhile")
    tell("DLV", 3)
    scene.tap.ok(hansa.wait_for(lambda: balance()[0] == 100, 60), "delivered after all it earns again", balance())
    scene.ask("POST", "/v1/orders/%s/invoice" % order, {"invoice_number": "RE-1"})
    tell("RTS", 4)
    scene.tap.ok(hansa.wait_for(lambda: balance() == [0, ["REVERSE", "EARN", "REVERSE", "EARN"]], 60), "and what comes back after the invoice takes them back too", balance())


def first_expiring(scene):
    member = made.member(scene.own, scene.program)
    lots = {}
    for name, days in (("late", 300), ("soon", 100), ("middle", 200), ("twin", 200)):
        transaction = made.earn(scene.own, member, 100)
        lots[name] = next(lot["lot_id"] for lot in scene.account_of(member)["lots"] if lot["transaction_id"] == transaction)
        scene.run.database.sql("update membership.lot set expires_at = date '2126-01-01' + interval '%d days' where lot_id = '%s'" % (days, lots[name]))
    told = scene.own.post("/v1/members/%s/points/redeem" % member, {"points": 320, "reason": "facts"}, 201)
    taken = {lot["lot_id"]: lot["points"] for lot in told["lots"]}
    scene.tap.equal(taken, {lots["soon"]: 100, lots["middle"]: 100, lots["twin"]: 100, lots["late"]: 20}, "what expires first is spent first")
    member = made.member(scene.own, scene.program)
    for _ in range(3):
        made.earn(scene.own, member, 10)
    scene.run.database.sql("update membership.lot set expires_at = date '2126-01-01' where member_id = '%s'" % member)
    told = scene.own.post("/v1/members/%s/points/redeem" % member, {"points": 15, "reason": "facts"}, 201)
    ids = sorted(lot["lot_id"] for lot in scene.account_of(member)["lots"])
    scene.tap.equal([(m["lot_id"], m["points"]) for m in told["lots"]][1:], [(ids[0], 5)], "of lots that expire together the older one goes first")


def expiry(scene):
    members = [scene.rich(30) for _ in range(12)]
    held = scene.own.post("/v1/redemptions", {"member_id": members[0], "reward_id": scene.reward()}, 201)["redemption_id"]
    scene.run.database.sql("update membership.lot set earned_at = earned_at - interval '3 years', available_at = available_at - interval '3 years', "
                           "expires_at = expires_at - interval '3 years' where member_id = any ('{%s}')" % ",".join(members))
    scene.tap.equal([scene.account_of(m)["balance"]["available"] for m in members], [0] * 12, "points whose time is over are not shown as there, whoever has looked or not")
    refused = scene.ask("POST", "/v1/members/%s/points/redeem" % members[1], {"points": 1, "reason": "late"})
    scene.tap.ok(refused.status == 409, "and cannot be spent", refused)
    tenant = scene.own.tenant
    due = lambda i: scene.run.sql(scene.own, "select membership.points_due('%s', 500)" % tenant if i % 2 else  # noqa: E731
                                  "select core.api_job('%s', 'membership.points_due', '{}')" % tenant)
    at_once(due, 20)
    waits = lambda: scene.run.database.sql("select count(*) from core.job where kind = 'membership.points_due' and run_at < now() + interval '1 minute'") == "0"  # noqa: E731
    scene.tap.ok(hansa.wait_for(waits, 60), "the jobs are done")
    count = scene.run.database.sql("select count(*), count(distinct member_id), sum(points) from membership.points_transaction where kind = 'EXPIRE'")
    scene.tap.equal(count, "12|12|350", "twenty at once expire each lot once: 12 members, 30 points each but the ten that are set aside")
    scene.own.post("/v1/redemptions/%s/cancel" % held, {}, 200)
    told = scene.account_of(members[0])
    scene.tap.equal([(t["kind"], t["points"]) for t in told["transactions"][:2]], [("EXPIRE", 10), ("RELEASE", 10)], "what was set aside expires when it is given back too late")


def main():
    tap = hansa.Tap()
    with ground.Ground() as run:
        scene = Scene(tap, run)
        for part in (spending, stock, orders, withdrawn, first_expiring, expiry):
            part(scene)
        tap.equal(run.database.sql("select count(*) from membership.lot where least(available, pending, reserved) < 0"), "0", "no lot is below zero")
        tap.ok(world.unique() and "statement failed" not in run.server.log_text(), "no statement failed")
    tap.done()


main()
