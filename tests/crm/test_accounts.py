#!/usr/bin/env python3
"""Accounts whole: no lost update under fifty writers, a tree without circles under crossing moves, credit with its own door and its
history in the audit, lists by every filter."""
import collections
import uuid
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import world

WRITERS = 50
PATCH = {"content-type": "application/merge-patch+json"}


def patch(run, key, account, body, tag="*"):
    return run.ask("PATCH", "/v1/accounts/" + account, body, key, {**PATCH, "if-match": tag})


def version(answer):
    return int(answer.headers["etag"].split("-")[0].strip('"r'))


def writers(tap, run, a):
    """Each of fifty reads and writes on what it read; who comes late is told so and nothing is lost."""
    account = a.post("/v1/accounts", {"name": "Fifty writers"}, 201)["account_id"]

    def write(number):
        seen = a.get("/v1/accounts/" + account)
        return patch(run, a.key, account, {"industry": "writer %d" % number}, seen.headers["etag"]).status
    with ThreadPoolExecutor(WRITERS) as pool:
        told = collections.Counter(pool.map(write, range(WRITERS)))
    last = a.get("/v1/accounts/" + account)
    tap.ok(set(told) <= {200, 412} and told[200] >= 1, "fifty writers with If-Match are told 200 or 412", told)
    tap.equal(version(last), 1 + told[200], "the last version is the number of successes: no update was lost (%d of 50 succeeded)" % told[200])
    same = last.headers["etag"]
    with ThreadPoolExecutor(WRITERS) as pool:
        told = collections.Counter(r.status for r in pool.map(lambda n: patch(run, a.key, account, {"industry": "round %d" % n}, same), range(WRITERS)))
    tap.equal(told, {200: 1, 412: WRITERS - 1}, "of fifty writers on one version one succeeds")


def tree(tap, run, a):
    made = [a.post("/v1/accounts", {"name": "Node %d" % n}, 201)["account_id"] for n in range(4)]
    tap.equal([patch(run, a.key, child, {"parent_id": parent}).status for parent, child in zip(made, made[1:])], [200] * 3, "a chain of four")
    answer = patch(run, a.key, made[0], {"parent_id": made[3]})
    tap.ok(answer.status == 422 and client.problem_code(answer) == "crm/parent_circle", "the first cannot stand below the last", answer)
    found = [d["account_id"] for d in a.get("/v1/accounts?parent_id=" + made[0]).json["data"]]
    tap.equal(found, [made[1]], "a list shows who stands directly below")
    one, two = (a.post("/v1/accounts", {"name": "Side %d" % n}, 201)["account_id"] for n in range(2))
    circles = 0
    for _ in range(10):
        for side in (one, two):
            patch(run, a.key, side, {"parent_id": None})
        with ThreadPoolExecutor(2) as pool:
            told = sorted(r.status for r in pool.map(lambda p: patch(run, a.key, p[0], {"parent_id": p[1]}), ((one, two), (two, one))))
        circles += told != [200, 422]
    tap.equal(circles, 0, "two that move below one another at once: one succeeds, ten times of ten")


def credit(tap, run, a):
    account = a.post("/v1/accounts", {"name": "Slow payer"}, 201)["account_id"]
    given = [{"grade": "C", "limit": "1000.00", "currency": "EUR", "hold": "WATCH", "hold_reason": "New"},
             {"grade": "D", "limit": "500.50", "currency": "EUR", "hold": "HOLD", "hold_reason": "60 days late"},
             {"grade": "D", "limit": "500.50", "currency": "EUR", "hold": "GOOD", "hold_reason": None}]
    for body in given:
        answer = run.ask("PUT", "/v1/accounts/%s/credit" % account, body, a.key, {"if-match": "*"})
        tap.equal(answer.json["credit"], {**body, "hold_reason": body["hold_reason"]}, "credit is set: " + body["hold"])
    trail = a.get("/v1/audit?object_kind=account&object_id=" + account).json["data"]
    holds = [e["changes"]["hold"] for e in reversed(trail) if "hold" in (e["changes"] or {})]
    tap.equal(holds, [{"old": "GOOD", "new": "WATCH"}, {"old": "WATCH", "new": "HOLD"}, {"old": "HOLD", "new": "GOOD"}], "the audit is its history")
    told = run.database.sql("set hansa.tenant_id = '%s'; select hold, credit_limit, credit_currency from crm.api_account_credit('%s', '%s');" % (a.tenant, a.tenant, account))
    tap.equal(told, "GOOD|500.50|EUR", "room orders is told hold, limit and currency")
    events = run.database.sql("select count(*) from core.event where type = 'crm.account.credit_changed' and object_id = '%s';" % account)
    tap.equal(events, "3", "each change is an event")
    answer = run.ask("PUT", "/v1/accounts/%s/credit" % account, given[2], a.key, {"if-match": "*"})
    tap.ok(answer.status == 200 and run.database.sql("select count(*) from core.event where type = 'crm.account.credit_changed' and object_id = '%s';" % account) == "3",
           "the same again is no change", answer)
    tap.equal(patch(run, a.key, account, {"credit": given[1]}).status, 422, "a patch of the account does not reach its credit")


def lists(tap, run, a):
    tag, prefix = world.unique("tag"), world.unique("Prefix ")
    made = [a.post("/v1/accounts", {"name": "%s %02d" % (prefix, n), "kind": "PROSPECT" if n % 2 else "CUSTOMER", "tags": [tag] if n % 3 == 0 else [],
                                    "lifecycle": "ACTIVE" if n < 6 else None, "unit_id": None}, 201) for n in range(12)]

    def ids(query):
        found, cursor = [], ""
        while cursor is not None:
            answer = a.get("/v1/accounts?limit=5&%s%s" % (query, "&cursor=" + cursor if cursor else ""))
            found += [d["account_id"] for d in answer.json["data"]]
            cursor = answer.json["next_cursor"]
        return found
    newest = [m for m in reversed(made)]
    tap.equal(ids("name_prefix=" + prefix.lower().replace(" ", "%20")), [m["account_id"] for m in newest], "by the beginning of the name, in any letter case, page by page")
    tap.equal(ids("tag=" + tag), [m["account_id"] for m in newest if m["tags"]], "by tag")
    tap.equal(ids("tag=%s&kind=PROSPECT" % tag), [m["account_id"] for m in newest if m["tags"] and m["kind"] == "PROSPECT"], "by tag and kind")
    tap.equal(ids("lifecycle=ACTIVE&name_prefix=" + prefix.replace(" ", "%20")), [m["account_id"] for m in newest if m["lifecycle"]], "by life cycle")
    since = made[8]["changed_at"]
    tap.equal(ids("updated_since=" + since), [m["account_id"] for m in newest if m["changed_at"] >= since], "by time of the last change")
    run.ask("PUT", "/v1/accounts/%s/credit" % made[2]["account_id"], {"grade": None, "limit": None, "currency": None, "hold": "HOLD", "hold_reason": "x"}, a.key, {"if-match": "*"})
    tap.equal(ids("hold=HOLD"), [made[2]["account_id"]], "by hold")
    tap.equal(ids("owner_id=" + str(uuid.uuid4())), [], "by an owner who has none")


def main():
    tap = hansa.Tap()
    run = client.Run("accounts", max_running_tenant=200)
    with run:
        a = run.world("accounts-a", full=False)
        lists(tap, run, a)
        writers(tap, run, a)
        tree(tap, run, a)
        credit(tap, run, a)
    run.verdict(tap)
    tap.done()


main()
