#!/usr/bin/env python3
"""RFM and ABC against an independent calculation: over the public shipment history of the demo, and over random orders in two currencies.

The calculation here counts who is better by comparing everybody with everybody, in exact fractions, and shares nothing with the SQL. Then: own
cut-offs, the rows behind a grade, pages, snapshots, what is made of them at night, and tiers proposed from them."""
import csv
import datetime
import fractions
import os
import random
import sys

import hansa

sys.path.insert(0, os.path.join(hansa.ROOT, "tests", "membership"))
import ground  # noqa: E402
import world  # noqa: E402
import world_of_membership as made  # noqa: E402

HISTORY = os.path.join(hansa.ROOT, "deploy", "demo", "shipments.csv")


def history():
    """{account code: [(day, kilograms)]} of the public history."""
    found = {}
    with open(HISTORY, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            found.setdefault(row["project"], []).append((datetime.date.fromisoformat(row["scheduled_on"]), fractions.Fraction(row["weight_kg"] or 0), number))
    return found


def months_before(day, months):
    """The first day of a window of so many months that ends on a day, as PostgreSQL counts: the day of the month stays or is the last one."""
    after = day + datetime.timedelta(1)
    year, month = divmod(after.year * 12 + after.month - 1 - months, 12)
    last = (datetime.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - datetime.timedelta(1)).day
    return datetime.date(year, month + 1, min(after.day, last))


def expected(rows, until, months, cuts=None):
    """{account: (last day, frequency, value, r, f, m, class)} from {account: [(day, value, …)]}."""
    begin = months_before(until, months)
    facts = {}
    for account, own in rows.items():
        own = [row for row in own if begin <= row[0] <= until]
        if own:
            facts[account] = (max(row[0] for row in own), len(own), sum((row[1] for row in own), fractions.Fraction(0)))
    total = sum(fact[2] for fact in facts.values())
    found = {}
    for account, fact in facts.items():
        # the rule of decision 0036: the n-th fifth from above holds whoever has fewer than n fifths of all before it
        better = [sum(other[i] > fact[i] for other in facts.values()) for i in range(3)]
        grades = [6 - next(n for n in (1, 2, 3, 4, 5) if fractions.Fraction(b, len(facts)) < fractions.Fraction(n, 5)) for b in better]
        if cuts:
            grades = [1 + sum((until - fact[0]).days <= c for c in cuts[0]), 1 + sum(fact[1] >= c for c in cuts[1]), 1 + sum(fact[2] >= c for c in cuts[2])]
        more = sum(other[2] for other in facts.values() if other[2] > fact[2])
        found[account] = (*fact, *grades, "A" if more * 100 < 80 * total else "B" if more * 100 < 95 * total else "C")
    return found


class Scene:
    def __init__(self, tap, run, own=None):
        self.tap, self.run = tap, run
        self.own = own or run.world("insight-a")
        self.codes = {}

    def ask(self, path):
        return self.run.ask("GET", path, key=self.own.key)

    def whole(self, path):
        """All pages of a list, small ones."""
        found, cursor = [], None
        while True:
            answer = self.ask(path + "&limit=47" + ("&cursor=" + cursor if cursor else ""))
            if answer.status != 200:
                raise RuntimeError(repr(answer))
            found += answer.json["data"]
            cursor = answer.json.get("next_cursor")
            if not cursor:
                return found

    def accounts(self, codes):
        self.run.sql(self.own, "insert into crm.account (tenant_id, account_id, kind, customer_code, name) select '%s', core.uuidv7(), 'CUSTOMER', c, c "
                               "from unnest('{%s}'::text[]) c" % (self.own.tenant, ",".join(codes)))
        self.codes = dict(line.split("|") for line in self.run.database.sql("select account_id, customer_code from crm.account where customer_code is not null").splitlines())

    def load_history(self, rows):
        values = ",".join("('%s', %d, date '%s', %s)" % (code, number, day, "null" if not weight else float(weight))
                          for code, own in rows.items() for day, weight, number in own)
        self.run.database.sql("""
            create temporary table told (code text, number integer, day date, weight numeric); insert into told values %s;
            insert into orders.shipment (tenant_id, shipment_id, tracking_number, account_id, planned_delivery_date, source)
            select '%s', core.uuidv7(), 'H' || t.number, a.account_id, t.day, 'IMPORT' from told t join crm.account a on a.customer_code = t.code;
            insert into orders.handling_unit (tenant_id, handling_unit_id, shipment_id, position, weight_kg)
            select '%s', core.uuidv7(), s.shipment_id, 1, t.weight from told t join orders.shipment s on s.tracking_number = 'H' || t.number where t.weight is not null
            """ % (values, self.own.tenant, self.own.tenant))

    def compare(self, name, query, until, wanted):
        got = {}
        for one in self.whole("/v1/insight/rfm?" + query):
            got[self.codes[one["account_id"]]] = (datetime.date.fromisoformat(one["last_day"]), int(one["frequency"]["value"]),
                                                  fractions.Fraction(one["monetary"]["value"]), *(int(c) for c in one["cell"]))
        classes = {self.codes[one["account_id"]]: one["class"] for one in self.whole("/v1/insight/abc?" + query.split("&r_cuts")[0])}
        wrong = ["%s: %s, expected %s" % (code, got.get(code), w[:6]) for code, w in wanted.items() if got.get(code) != w[:6]]
        self.tap.ok(not wrong and len(got) == len(wanted), "%s: RFM of %d accounts equals the calculation" % (name, len(wanted)), "\n".join(wrong[:5]))
        wrong = ["%s: %s, expected %s" % (code, classes.get(code), w[6]) for code, w in wanted.items() if classes.get(code) != w[6]]
        self.tap.ok(not wrong and len(classes) == len(wanted), "%s: ABC of %d accounts equals the calculation" % (name, len(wanted)), "\n".join(wrong[:5]))


def shipments(scene):
    rows = history()
    scene.accounts(rows)
    scene.load_history(rows)
    hansa.note("%d shipments of %d accounts" % (sum(map(len, rows.values())), len(rows)))
    for until, months in (("2014-12-31", 12), ("2010-02-28", 12), ("2012-03-30", 1), ("2015-09-14", 36), ("2007-05-31", 6)):
        day = datetime.date.fromisoformat(until)
        scene.compare("the public history, %d months to %s" % (months, until), "basis=SHIPMENTS&until=%s&months=%d" % (until, months), day, expected(rows, day, months))
    day = datetime.date(2013, 6, 30)
    cuts = ((30, 60, 90, 180), (2, 5, 20, 100), (100, 1000, 10000, fractions.Fraction("50000.5")))
    scene.compare("own cut-offs", "basis=SHIPMENTS&until=2013-06-30&r_cuts=30,60,90,180&f_cuts=2,5,20,100&m_cuts=100,1000,10000,50000.5", day, expected(rows, day, 12, cuts))
    one = scene.ask("/v1/insight/rfm?basis=SHIPMENTS&until=2014-12-31&limit=1").json["data"][0]
    behind = scene.whole(one["rows"])
    scene.tap.ok(len(behind) == int(one["frequency"]["value"]) and sum(fractions.Fraction(b["value"]) for b in behind) == fractions.Fraction(one["monetary"]["value"])
                 and max(b["day"] for b in behind) == one["last_day"], "the rows behind a grade add up to it", one)
    why = one["monetary"]
    scene.tap.ok(why["rank"] == 1 and why["grade"] == 5 and why["cut_offs"][3] in why["why"] and why["value"] in why["why"], "a grade says why, in numbers and words", why)


def few(scene):
    """One to six accounts, some of them equal: the best has 5 however few there are, who has the same has the best grade of both."""
    day = datetime.date(2024, 6, 30)
    numbers = iter(range(900000, 999999))
    for size, equal in ((1, False), (2, False), (3, False), (4, True), (5, False), (5, True), (6, False)):
        own = world.World(scene.run, "few-%d-%s" % (size, "same" if equal else "other"), full=False)
        here = Scene(scene.tap, scene.run, own)
        rows = {"F%d%s%d" % (size, "E" if equal else "D", i): [(day - datetime.timedelta(7 if equal else 3 * i), fractions.Fraction(100 if equal else 10 * (i + 1)), next(numbers))]
                for i in range(size)}
        here.accounts(rows)
        here.load_history(rows)
        here.compare("%d accounts, %s" % (size, "all equal" if equal else "all different"), "basis=SHIPMENTS&until=2024-06-30", day, expected(rows, day, 12))
        graded = here.whole("/v1/insight/rfm?basis=SHIPMENTS&until=2024-06-30")
        scene.tap.ok(max(g["recency"]["grade"] for g in graded) == 5 and (not equal or {g["cell"] for g in graded} == {"555"}), "the best of them has 5", graded)
        scene.tap.equal({g[part]["why"].endswith("a grade says little.") for g in graded for part in ("recency", "frequency", "monetary")}, {size < 5},
                        "of fewer than five accounts it is said that a grade says little")


def orders(scene):
    dice = random.Random(4)
    codes = ["R%03d" % i for i in range(130)]
    scene.accounts(codes)
    rows, values = {"EUR": {}, "USD": {}}, []
    for number in range(1500):
        code, currency = dice.choice(codes[:120]), dice.choice(["EUR", "EUR", "USD"])
        day = datetime.date(2025, 1, 1) + datetime.timedelta(dice.randrange(365))
        price = fractions.Fraction(dice.choice([100, 250, 1000, dice.randrange(1, 999999)]), 100)
        state = dice.choice(["CONFIRMED", "DELIVERED", "CLOSED", "CANCELLED", "SUBMITTED"])
        if state not in ("CANCELLED", "SUBMITTED"):
            rows[currency].setdefault(code, []).append((day, price))
        values.append("('%s', %d, date '%s', %s, '%s', '%s')" % (code, number, day, float(price), currency, state))
    zone = scene.run.database.sql("select zone from identity.tenant where id = '%s'" % scene.own.tenant)
    scene.run.database.sql("""
        create temporary table told (code text, number integer, day date, price numeric, currency text, state text); insert into told values %s;
        insert into orders.order_ (tenant_id, order_id, order_number, account_id, state, source, price_amount, price_currency, submitted_at)
        select '%s', core.uuidv7(), 'R' || t.number, a.account_id, t.state, 'API', t.price, t.currency, (t.day + time '23:59') at time zone '%s'
          from told t join crm.account a on a.customer_code = t.code""" % (",".join(values), scene.own.tenant, zone))
    for currency in rows:
        day = datetime.date(2025, 10, 31)
        scene.compare("orders in " + currency, "currency=%s&until=2025-10-31&months=9" % currency, day, expected(rows[currency], day, 9))
    unclear = scene.ask("/v1/insight/rfm?until=2025-10-31")
    scene.tap.ok(unclear.status == 422 and b"EUR, USD" in unclear.body, "of two currencies one has to be chosen", unclear)


def snapshots(scene):
    told = scene.own.post("/v1/insight/snapshots", {"basis": "SHIPMENTS", "until": "2014-12-31"}, 201)
    live = scene.whole("/v1/insight/rfm?basis=SHIPMENTS&until=2014-12-31")
    kept = scene.whole("/v1/insight/snapshots/%s/accounts?" % told["snapshot_id"])
    scene.tap.equal([(k["account_id"], k["cell"], k["recency"], k["frequency"], k["monetary"]) for k in kept],
                    [(g["account_id"], g["cell"], g["recency"], g["frequency"], g["monetary"]) for g in live], "a snapshot keeps grades and reasons as they were")
    first = scene.run.sql(scene.own, "select insight.nightly('%s')" % scene.own.tenant)
    again = scene.run.sql(scene.own, "select insight.nightly('%s')" % scene.own.tenant)
    count = scene.run.database.sql("select count(*) from insight.snapshot where cause = 'NIGHTLY'")
    scene.tap.ok(again == "0" and int(count) >= 1, "a night's snapshots are made once", (first, again, count))


def tiers(scene):
    """By number of shipments in 12 months: three accounts with 4, 9 and 30 of them."""
    codes = ["T4", "T9", "T30"]
    scene.accounts(codes)
    scene.load_history({code: [(datetime.date(2020, 6, 1), 0, 900000 + 100 * i + k) for k in range(int(code[1:]))] for i, code in enumerate(codes)})
    accounts = {code: account for account, code in scene.codes.items()}
    program = made.program(scene.own, tiers=[{"code": "SILVER", "name": "Silver", "qualify": "5", "keep": "3"}, {"code": "GOLD", "name": "Gold", "qualify": "20"}])
    members = {code: made.member(scene.own, program, accounts[code]) for code in codes}

    def propose(until):
        made_now = scene.own.post("/v1/insight/snapshots", {"basis": "SHIPMENTS", "until": until, "proposes_tiers": True}, 201)["snapshot_id"]
        done = lambda: scene.run.database.sql("select count(*) from audit.entry where object_id = '%s' and changes ? 'tier_changes'" % made_now) == "1"  # noqa: E731
        if not hansa.wait_for(done, 60):
            raise RuntimeError("no proposals: " + scene.run.database.sql("select kind, last_error from core.job"))
        return {code: [(c["to_tier"], c["reason"], c["state"], c["facts"] and c["facts"]["value"], c["tier_change_id"]) for c in
                       scene.ask("/v1/tier-changes?member_id=" + member).json["data"]] for code, member in members.items()}

    def tier(code):
        told = scene.ask("/v1/members/" + members[code]).json
        return told["tier"], told["tier_reason"]
    found = propose("2020-12-31")
    scene.tap.equal({c: [x[:4] for x in f] for c, f in found.items()},
                    {"T4": [], "T9": [("SILVER", "QUALIFIED", "PROPOSED", "9")], "T30": [("GOLD", "QUALIFIED", "PROPOSED", "30")]}, "tiers are proposed by the numbers")
    scene.tap.equal(tier("T30"), (None, None), "and given to nobody before staff says so")
    for code in ("T9", "T30"):
        scene.own.post("/v1/tier-changes/%s/decision" % found[code][0][4], {"decision": "CONFIRM"}, 200)
    scene.tap.equal([tier("T9"), tier("T30")], [("SILVER", "QUALIFIED"), ("GOLD", "QUALIFIED")], "confirmed, they are given")
    scene.own.post("/v1/tier-changes/%s/decision" % scene.own.post("/v1/members/%s/tier-changes" % members["T4"], {"to_tier": "GOLD", "note": "VIP"}, 201)["tier_change_id"],
                   {"decision": "CONFIRM"}, 200)
    found = propose("2021-12-31")  # nobody has shipped anything
    scene.tap.equal({c: f[0][:3] for c, f in found.items()}, {"T4": ("GOLD", "MANUAL_VIP", "CONFIRMED"), "T9": (None, "DOWNGRADED_ONE", "PROPOSED"),
                                                              "T30": ("SILVER", "DOWNGRADED_ONE", "PROPOSED")}, "without business one tier down; who was made VIP by hand is left alone")
    scene.own.post("/v1/tier-changes/%s/decision" % found["T9"][0][4], {"decision": "REJECT", "note": "Wait"}, 200)
    found = propose("2021-12-30")
    scene.tap.equal((found["T9"][0][:3], len(found["T30"])), ((None, "DOWNGRADED_ONE", "REJECTED"), 2), "what was rejected is not proposed again, what waits not twice")
    scene.run.database.sql("delete from orders.handling_unit h using orders.shipment s where s.shipment_id = h.shipment_id and s.tracking_number between 'H900100' and 'H900104';"
                           "delete from orders.shipment where tracking_number between 'H900100' and 'H900104'")
    propose("2020-12-30")
    scene.tap.equal(tier("T9"), ("SILVER", "RETAINED"), "who has four of the five but needs three to stay is retained, and nobody is asked")
    scene.own.run.ask("PATCH", "/v1/programs/" + program, {"downgrade": "TO_BALANCE"}, scene.own.key, {"if-match": "*", "content-type": "application/merge-patch+json"})
    found = propose("2021-12-29")
    scene.tap.equal([x[:3] for x in found["T30"][:2]], [(None, "DOWNGRADED_TO_BALANCE", "PROPOSED"), ("SILVER", "DOWNGRADED_ONE", "SUPERSEDED")],
                    "to the balance is all the way down, and takes the place of what waited")


def main():
    tap = hansa.Tap()
    with ground.Ground() as run:
        scene = Scene(tap, run)
        for part in (few, shipments, orders, snapshots, tiers):
            part(scene)
        tap.ok("statement failed" not in run.server.log_text(), "no statement failed")
    tap.done()


main()
