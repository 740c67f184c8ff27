#!/usr/bin/env python3
"""From a chance of business to the order: stages that are guarded; a quote that is looked at, accepted and rejected over its link or by
the customer's people; it expires by itself; it becomes one order, however many ask for that at once."""
import collections
import datetime
import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import people

WRITERS = 50
spec = importlib.util.spec_from_file_location("world_of_sales", os.path.join(os.path.dirname(os.path.realpath(__file__)), "world_of_sales.py"))
sales = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sales)


def opportunity(a, **more):
    return a.post("/v1/opportunities", {"account_id": a.values["account_id"], "name": "Chance", **more}, 201)["opportunity_id"]


def stage(a, which, to, **more):
    return a.run.ask("POST", "/v1/opportunities/%s/stage" % which, {"stage": to, **more}, a.key)


def stages(tap, a):
    """Every step from every stage, against the table written here."""
    row = ["NEW", "QUALIFIED", "SOLUTION", "QUOTED", "NEGOTIATION"]
    way = {s: row[:i + 1] for i, s in enumerate(row)}
    wrong = []
    for now in row + ["WON", "LOST"]:
        for to in row + ["WON", "LOST"]:
            which = opportunity(a)
            for step in way.get(now, row + ["WON"] if now == "WON" else ["NEW", "LOST"])[1:]:
                stage(a, which, step, reason="x")
            status = stage(a, which, to, reason="Price").status
            if now in ("WON", "LOST"):
                allowed = to == now
            else:
                allowed = to == "LOST" or (to == "WON" and now in ("QUOTED", "NEGOTIATION")) or (to in row and row.index(to) <= row.index(now) + 1)
            if (status == 200) != allowed:
                wrong.append((now, to, status))
    tap.equal(wrong, [], "49 moves are allowed or refused as the row of stages says")


def link(tap, run, a):
    chance = opportunity(a)
    quote_id, token = sales.sent(a, opportunity_id=chance)
    tap.equal(a.get("/v1/opportunities/" + chance).json["stage"], "QUOTED", "sending a quote makes its opportunity QUOTED")
    seen = run.ask("GET", "/v1/quote-links/" + token)
    tap.ok(seen.status == 200 and not any("cost" in o for o in seen.json["options"]) and "opportunity_id" not in seen.json, "the link shows it without our cost", seen)
    tap.equal((seen.headers.get("cache-control"), seen.headers.get("referrer-policy")), ("no-store", "no-referrer"), "and is kept nowhere")
    tap.ok(hansa.wait_for(lambda: a.get("/v1/quotes/" + quote_id).json["status"] == "VIEWED", 5), "then it is VIEWED")
    again = a.post("/v1/quotes/%s/send" % quote_id, None)["token"]
    run.secret(again, "a quote's token")
    tap.equal((run.ask("GET", "/v1/quote-links/" + token).status, run.ask("GET", "/v1/quote-links/" + again).status), (404, 200), "sent again, the old link opens nothing")
    stored = run.database.sql("select count(*) from sales.quote q where to_jsonb(q)::text like '%%%s%%';" % again[20:])
    tap.equal(stored, "0", "no token stands in the table")
    told = collections.Counter()

    def decide(number):
        if number % 2:
            return "yes", run.ask("POST", "/v1/quote-links/%s/accept" % again, {"option_no": 1 + number % 4 // 2, "name": "Maria"}).status
        return "no", run.ask("POST", "/v1/quote-links/%s/reject" % again, {"reason": "Too slow"}).status
    with ThreadPoolExecutor(WRITERS) as pool:
        told.update(pool.map(decide, range(WRITERS)))
    final = a.get("/v1/quotes/" + quote_id).json
    events = run.database.sql("select count(*) from core.event where object_id = '%s' and type in ('sales.quote.accepted', 'sales.quote.rejected');" % quote_id)
    tap.ok(events == "1" and final["status"] in ("ACCEPTED", "REJECTED") and {s for _, s in told} <= {200, 409}, "fifty who say yes or no at once: one decision", (told, events, final["status"]))
    entry = [e for e in a.get("/v1/audit?object_id=" + quote_id).json["data"] if e["endpoint"] and "quote_link" in e["endpoint"]]
    tap.ok(len(entry) == 1 and entry[0]["actor_kind"] == "ANYBODY", "the trail says that it was somebody with the link", entry)


def customers(tap, run, a):
    account = a.values["account_id"]
    other = a.post("/v1/accounts", {"name": "Another customer"}, 201)["account_id"]

    def caller(name, role, audience, **grant):
        who = people.make(run.server, a.slug, name + "@canary.example")
        run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';"
                         % (who.user_id, audience, who.user_id))
        a.grant(who.user_id, role, **grant)
        session = people.sign_in(run.server, who)
        return lambda method, path, body=None: run.ask(method, path, body, headers=session.headers())
    a.post("/v1/roles", {"role": "peer", "name": "Partner with sales", "audience": "PARTNER", "scopes": ["sales:read", "crm:read"]}, 201)
    partner_account = a.post("/v1/accounts", {"kind": "PARTNER", "name": "Carrier", "scac": "HXPP"}, 201)["account_id"]
    customer = caller("customer", "customer", "CUSTOMER", reach="ACCOUNT", account_id=account)
    partner = caller("partner", "peer", "PARTNER", reach="PARTNER", account_id=partner_account)
    draft, (mine, _), (theirs, _) = sales.quote(a), sales.sent(a), sales.sent(a, account_id=other)
    listed = [q["quote_id"] for q in customer("GET", "/v1/quotes").json["data"]]
    tap.ok(mine in listed and draft not in listed and theirs not in listed, "a customer sees quotes that were sent to own accounts")
    tap.equal([customer("GET", "/v1/quotes/" + q).status for q in (mine, draft, theirs)], [200, 404, 404], "one by one, too")
    tap.ok(not any("cost" in o for o in customer("GET", "/v1/quotes/" + mine).json["options"]), "without our cost")
    tap.equal([customer("POST", "/v1/quotes/%s/accept" % q, {"option_no": 2}).status for q in (theirs, draft, mine)], [404, 404, 200], "and accepts them, nobody else's")
    tap.equal(a.get("/v1/quotes/" + mine).json["chosen_option"], 2, "with the option chosen")
    tap.equal([customer("GET", "/v1/opportunities").status, customer("POST", "/v1/quotes/%s/convert" % mine, None).status], [403, 403], "opportunities and orders from quotes are ours")
    tap.equal([partner("GET", "/v1/quotes").json["data"], partner("GET", "/v1/quotes/" + mine).status, partner("GET", "/v1/opportunities").status,
               partner("GET", "/v1/interactions").status, partner("GET", "/v1/tasks").status, [x["account_id"] for x in partner("GET", "/v1/accounts").json["data"]]],
              [[], 404, 403, 403, 403, [partner_account]], "a partner's people see their own account and nothing more")
    own = partner("GET", "/v1/accounts/" + partner_account).json
    tap.equal({"credit", "tags", "owner_id", "unit_id", "lifecycle"} & set(own), set(), "without what is thought of it")


def convert(tap, run, a):
    chance = opportunity(a)
    quote_id, _ = sales.sent(a, opportunity_id=chance)
    early = run.ask("POST", "/v1/quotes/%s/convert" % quote_id, None, a.key)
    tap.equal((early.status, early.json["steps"]), (409, ["send", "accept", "reject"]), "what is not accepted becomes no order, and the refusal says what can be done")
    a.post("/v1/quotes/%s/accept" % quote_id, {"option_no": 1})
    with ThreadPoolExecutor(WRITERS) as pool:
        told = list(pool.map(lambda _: run.ask("POST", "/v1/quotes/%s/convert" % quote_id, None, a.key), range(WRITERS)))
    tap.equal(collections.Counter(r.status for r in told), {200: WRITERS}, "fifty convert one quote at once: all are answered")
    orders = {r.json["order_id"] for r in told if r.status == 200}
    made = run.database.sql("select count(*) from orders.order_ where source = 'QUOTE' and source_id = '%s';" % quote_id)
    tap.equal((len(orders), made), (1, "1"), "there is one order, and each answer names it")
    order = a.get("/v1/orders/" + next(iter(orders))).json
    tap.equal((order["customer"]["account_id"], order["mode"], order["origin"]["city"], order["price"], order["references"], order["cargo"][0]["description"]),
              (a.values["account_id"], "ROAD", "Rotterdam", {"amount": "1200.00", "currency": "EUR"}, [{"kind": "PO", "number": "PO-77"}], "Cheese"),
              "the order says what the quote said, typed once")
    won = a.get("/v1/opportunities/" + chance).json
    tap.equal((won["stage"], won["order_id"]), ("WON", order["order_id"]), "the opportunity is won with it")
    events = run.database.sql("select string_agg(type, ' ' order by type) from core.event where object_id in ('%s', '%s') and type ~ 'converted|won';" % (quote_id, chance))
    tap.equal(events, "sales.opportunity.won sales.quote.converted", "each is told once")


def expiry(tap, run, a):
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).isoformat()
    quote_id, token = sales.sent(a, valid_until=until)
    decided, _ = sales.sent(a, valid_until=until)
    a.post("/v1/quotes/%s/accept" % decided, {"option_no": 1})
    tap.ok(hansa.wait_for(lambda: a.get("/v1/quotes/" + quote_id).json["status"] == "EXPIRED", 12), "a quote expires by itself")
    late = run.ask("POST", "/v1/quote-links/%s/accept" % token, {"option_no": 1})
    tap.ok(late.status == 409 and client.problem_code(late) == "sales/quote_not_open" and late.json["steps"] == [], "and is not accepted any more", late)
    tap.equal((run.database.sql("select count(*) from core.event where type = 'sales.quote.expired' and object_id = '%s';" % quote_id), a.get("/v1/quotes/" + decided).json["status"]),
              ("1", "ACCEPTED"), "told once; one that was accepted in time stays so")


def main():
    tap = hansa.Tap()
    run = client.Run("quotes", max_running_tenant=200)
    with run:
        a = run.world("quotes-a", full=False)
        a.values["account_id"] = a.post("/v1/accounts", {"name": "Cheese Traders"}, 201)["account_id"]
        stages(tap, a)
        link(tap, run, a)
        customers(tap, run, a)
        convert(tap, run, a)
        expiry(tap, run, a)
    run.verdict(tap)
    tap.done()


main()
