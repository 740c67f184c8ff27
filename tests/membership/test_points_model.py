#!/usr/bin/env python3
"""Random histories of points against a model that knows every single point, and nothing of lots' sums.

The model is written from the words of the decision (docs/decisions/0036): it keeps a list of points, each with its lot and a state, and
never counts what it could look up. After each step the statement of account must tell the same of each lot, the same balance and debt."""
import random

import ground
import hansa
import world_of_membership as made  # of this folder

HISTORIES = 6
STEPS = 45
SHIFT_DAYS = 10
PENDING_DAYS = 3
LIVES_SHIFTS = 4  # one month and three days are over after 40 days, not after 30


class Model:
    """Points of one member. Time goes in shifts of ten days."""

    def __init__(self):
        self.time, self.points, self.owed, self.earned, self.is_due = 0, [], 0, [], False

    def those(self, state, lot=None):
        """Points in a state, in the order in which they are spent: what expires first, then what was earned first."""
        found = [p for p in self.points if p["state"] == state and (lot is None or p["lot"] == lot)]
        return sorted(found, key=lambda p: (p["born"], p["lot"]))

    def seen(self):
        """What time has done since, without writing it down."""
        for point in self.points:
            if point["state"] == "pending" and self.time > point["born"]:
                point["state"], self.is_due = "available", True
        for point in self.points:
            if point["state"] == "available" and self.time - point["born"] >= LIVES_SHIFTS:
                point["state"], self.is_due = "expired", True

    def settle(self):
        self.seen()
        self.is_due = False
        paid = self.those("available")[:self.owed]
        for point in paid:
            point["state"] = "reversed"
        self.owed -= len(paid)

    def put_back(self, states, owed, is_due):
        self.owed, self.is_due = owed, is_due
        for point, state in zip(self.points, states):
            point["state"] = state

    def earn(self, count, transaction, lot):
        self.points += [{"lot": lot, "born": self.time, "state": "pending"} for _ in range(count)]
        self.earned.append((transaction, lot))
        self.settle()

    def take(self, count, state):
        """False when there are not so many; then nothing has happened, and the debt is not paid either."""
        states, owed, is_due = [p["state"] for p in self.points], self.owed, self.is_due
        self.settle()
        there = self.those("available")
        if len(there) < count:
            self.put_back(states, owed, is_due)
            return None
        for point in there[:count]:
            point["state"] = state
        return there[:count]

    def reverse(self, lot):
        self.settle()
        own = [p for p in self.points if p["lot"] == lot]
        spent = sum(p["state"] in ("reserved", "redeemed", "reversed") for p in own)
        for point in own:
            if point["state"] in ("pending", "available"):
                point["state"] = "reversed"
        others = self.those("available")[:spent]
        for point in others:
            point["state"] = "reversed"
        self.owed += spent - len(others)

    def balance(self):
        self.seen()
        return {**{s: len(self.those(s)) for s in ("available", "pending", "reserved")}, "owed": self.owed}

    def lots(self):
        """{lot: {state: count}} of lots with points left."""
        found = {}
        for point in self.points:
            found.setdefault(point["lot"], dict.fromkeys(("pending", "available", "reserved", "redeemed", "expired", "reversed"), 0))[point["state"]] += 1
        return {k: v for k, v in found.items() if v["pending"] + v["available"] + v["reserved"]}


class History:
    def __init__(self, run, own, program, reward, seed):
        self.run, self.own, self.dice, self.reward = run, own, random.Random(seed), reward
        self.member, self.model = made.member(own, program), Model()
        self.taken, self.reversed, self.faults = [], set(), []

    def ask(self, path, body, expected):
        answer = self.run.ask("POST", path, body, self.own.key)
        if answer.status != expected:
            self.faults.append("%s: %r, expected %d" % (path, answer, expected))
        return answer.json

    def points(self, more, body, expected):
        return self.ask("/v1/members/%s/points%s" % (self.member, more), body, expected)

    def do_earn(self):
        count = self.dice.randint(1, 30)
        told = self.points("", {"points": count, "reason": "test"}, 201)
        self.model.earn(count, told["transaction_id"], told["lots"][0]["lot_id"])

    def do_redeem(self):
        count = self.dice.randint(1, 25)
        is_there = self.model.take(count, "redeemed") is not None
        self.points("/redeem", {"points": count, "reason": "test"}, 201 if is_there else 409)

    def do_reserve(self):
        count = self.dice.randint(1, 4)
        points = self.model.take(count * 5, "reserved")
        told = self.ask("/v1/redemptions", {"member_id": self.member, "reward_id": self.reward, "quantity": count}, 409 if points is None else 201)
        if points is not None:
            self.taken.append((told["redemption_id"], points))

    def do_end(self):
        if self.taken:
            redemption, points = self.taken.pop(self.dice.randrange(len(self.taken)))
            verb, state = self.dice.choice([("fulfil", "redeemed"), ("cancel", "available")])
            self.ask("/v1/redemptions/%s/%s" % (redemption, verb), {}, 200)
            for point in points:
                point["state"] = state
            self.model.settle()

    def do_reverse(self):
        if self.model.earned:
            transaction, lot = self.dice.choice(self.model.earned)
            is_first = transaction not in self.reversed
            self.points("/transactions/%s/reverse" % transaction, {"reason": "test"}, 201 if is_first else 409)
            if is_first:
                self.reversed.add(transaction)
                self.model.reverse(lot)

    def do_shift(self):
        self.model.time += 1
        self.run.database.sql("update membership.lot set earned_at = earned_at - interval '%d days', available_at = available_at - interval '%d days', "
                              "expires_at = expires_at - interval '%d days' where member_id = '%s'" % (SHIFT_DAYS, SHIFT_DAYS, SHIFT_DAYS, self.member))

    def do_work(self):
        self.run.sql(self.own, "select membership.points_due('%s', 500);" % self.own.tenant)
        # of this member only when something of it was due
        self.model.seen()
        if self.model.is_due:
            self.model.settle()

    def compare(self, step):
        told = self.run.ask("GET", "/v1/members/%s/points" % self.member, key=self.own.key).json
        lots = {lot["lot_id"]: {k: lot[k] for k in ("pending", "available", "reserved", "redeemed", "expired", "reversed")} for lot in told["lots"]}
        if told["balance"] != self.model.balance():
            self.faults.append("after %s: balance %s, expected %s" % (step, told["balance"], self.model.balance()))
        if lots != self.model.lots():
            self.faults.append("after %s: lots %s, expected %s" % (step, lots, self.model.lots()))
        for state in ("available", "pending", "reserved"):
            if told["balance"][state] != sum(lot[state] for lot in told["lots"]):
                self.faults.append("after %s: the balance is not the sum of the lots" % step)

    def play(self):
        steps = [(6, self.do_earn), (6, self.do_redeem), (3, self.do_reserve), (3, self.do_end), (2, self.do_reverse), (3, self.do_shift), (2, self.do_work)]
        for _ in range(STEPS):
            step = self.dice.choices([s for _, s in steps], [w for w, _ in steps])[0]
            step()
            self.compare(step.__name__)
            if self.faults:
                return


def main():
    tap = hansa.Tap()
    run = ground.Ground()
    with run:
        own = run.world("points-a")
        program = made.program(own, pending_days=PENDING_DAYS, life_months=1)
        reward = own.post("/v1/rewards", {"program_id": program, "name": "Tea", "points": 5}, 201)["reward_id"]
        for seed in range(HISTORIES):
            history = History(run, own, program, reward, seed)
            history.play()
            tap.ok(not history.faults, "history %d: %d steps as the model says" % (seed, STEPS), history.faults)
        sums = run.database.sql("""
            select count(*) from membership.lot l
             where not (l.pending, l.available, l.reserved, l.redeemed, l.expired, l.reversed) = (
                select coalesce(sum(case p.to_state when 'PENDING' then points else 0 end - case p.from_state when 'PENDING' then points else 0 end), 0),
                       coalesce(sum(case p.to_state when 'AVAILABLE' then points else 0 end - case p.from_state when 'AVAILABLE' then points else 0 end), 0),
                       coalesce(sum(case p.to_state when 'RESERVED' then points else 0 end - case p.from_state when 'RESERVED' then points else 0 end), 0),
                       coalesce(sum(points) filter (where p.to_state = 'REDEEMED'), 0), coalesce(sum(points) filter (where p.to_state = 'EXPIRED'), 0),
                       coalesce(sum(points) filter (where p.to_state = 'REVERSED'), 0)
                  from membership.posting p where p.tenant_id = l.tenant_id and p.lot_id = l.lot_id)""")
        tap.equal(sums, "0", "each lot is the sum of its postings")
        wrong = run.database.sql("""
            select count(*) from membership.points_transaction t
             where t.points <> (select coalesce(sum(p.points), 0) from membership.posting p where p.tenant_id = t.tenant_id and p.transaction_id = t.transaction_id)""")
        tap.equal(wrong, "0", "each transaction moved as many points as it says")
        owed = run.database.sql("select count(*) from membership.member m where m.owed <> (select coalesce(sum(t.owed), 0) from membership.points_transaction t "
                                "where t.tenant_id = m.tenant_id and t.member_id = m.member_id)")
        tap.equal(owed, "0", "what is owed is the sum of what transactions say of it")
    tap.done()


main()
