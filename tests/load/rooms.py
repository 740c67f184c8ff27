"""Requests and pgbench scripts for accounts, search, orders and points; the rest of what traffic.py makes."""
import os
import random
import re
import urllib.parse

import fleet
import traffic

ACCOUNTS = 200  # of each tenant, by seed.sql
SEARCH_TENANT = "00000000-0000-7000-8000-000000000099"
ASKED = 500  # different questions of each kind
ORDER = {"mode": "ROAD", "service": "NEXT DAY", "incoterm": "DAP", "incoterm_place": "Praha",
         "origin": {"city": "Gent", "country": "BE", "zone": "Europe/Brussels"},
         "destination": {"city": "Praha", "country": "CZ", "zone": "Europe/Prague"},
         "cargo": [{"description": "Espresso machines", "hs_code": "851671", "quantity": "24", "unit": "CTN", "weight_kg": "412.50"},
                   {"description": "Paint", "quantity": "8", "un_number": "1263"}],
         "price": {"amount": "640.00", "currency": "EUR"}}
REDEEM = {"points": 1, "reason": "Off an invoice"}


def schedules_put_off():
    """The server must not begin with everybody's nightly work: every scheduled kind is due tomorrow."""
    kinds = []
    for folder, _, names in os.walk(os.path.join(fleet.ROOT, "server")):
        for name in names:
            if name.endswith(".sql"):
                with open(os.path.join(folder, name)) as file:
                    if re.search(r"^--! every:", file.read(), re.M):
                        kinds.append("%s.%s" % (os.path.basename(folder), name[:-len(".sql")]))
    fleet.sql("insert into core.schedule (kind, of_tenant, due_at) select k, t.id, now() + interval '20 hours' "
              "from unnest('{%s}'::text[]) k, identity.tenant t on conflict do nothing;" % ",".join(kinds))


def member_id(t, a):
    return "00000000-0000-7000-8100-000000%03d%03d" % (t, a)


# --- questions ---

def typed_wrong(rng, word):
    """A letter left out, doubled, changed or exchanged with its neighbour; never the first."""
    i = rng.randrange(1, len(word) - 1)
    return rng.choice((word[:i] + word[i + 1:], word[:i] + word[i] + word[i:], word[:i] + "x" + word[i + 1:],
                       word[:i] + word[i + 1] + word[i] + word[i + 2:]))


def questions():
    """kind → questions, about accounts that are there."""
    rng = random.Random(11)
    rows = [line.split("\t") for line in fleet.sql(
        "select concat_ws(chr(9), name, phone, customer_code) from crm.account where tenant_id = '%s' order by md5(customer_code) limit %d;"
        % (SEARCH_TENANT, ASKED * 3))]
    latin = [row for row in rows if ord(row[0][0]) < 0x2e80][:ASKED]
    chinese = [row[0] for row in rows if ord(row[0][0]) >= 0x2e80][:ASKED]
    return {"name": [name for name, _, _ in latin],
            "prefix": [name[:rng.randint(3, 6)] for name, _, _ in latin],
            "typo": [typed_wrong(rng, name.split()[0]) + " " + name.split()[1] for name, _, _ in latin],
            "phone": [re.sub(r"[^0-9]", "", phone)[-rng.choice((7, 9, 10)):] for _, phone, _ in latin],
            "chinese": [name[2:4] + rng.choice(("", " ")) + name[4:6] for name in chinese],
            "reference": [code for _, _, code in latin]}


# --- all of it ---

def write_marked(name, asked):
    """Only for wrk: with an Idempotency-Key that is another one in each request."""
    with open(os.path.join(fleet.PLACE, "work", name + ".h1"), "wb") as file:
        for method, path, key, body in asked:
            file.write(traffic.h1_text(method, path, key, body, "Idempotency-Key: load-%s\r\n" % traffic.MARK))


def prepare(keys, search_key, grounds):
    """keys: tenant's three digits → its key. search_key: that of the tenant with many accounts."""
    rng = random.Random(13)
    tenants = sorted(keys)
    accounts = {}
    for line in fleet.sql("select right(tenant_id::text, 3) || ' ' || account_id from crm.account where tenant_id <> '%s' order by 1;" % SEARCH_TENANT):
        t, account_id = line.split()
        accounts.setdefault(int(t), []).append(account_id)
    some = [rng.choice(tenants) for _ in range(10000)]
    traffic.write_requests("accounts", [("GET", "/v1/accounts?limit=%d" % traffic.LIST_LIMIT, keys[t], b"") for t in some[:5000]])
    write_marked("order", [("POST", "/v1/orders", keys[t], traffic.compact({"account_id": rng.choice(accounts[t]), **ORDER})) for t in some])
    if "points" in grounds:
        write_marked("redeem", [("POST", "/v1/members/%s/points/redeem" % member_id(t, rng.randint(1, ACCOUNTS)), keys[t], traffic.compact(REDEEM))
                                for t in some])
    if "search" in grounds:
        for kind, asked in questions().items():
            traffic.write_requests("search_" + kind, [("GET", "/v1/search?q=" + urllib.parse.quote(q), search_key, b"") for q in asked])
    scripts()


def script(name, text):
    with open(os.path.join(fleet.PLACE, "work", name + ".pgbench"), "w") as file:
        file.write(text)


def scripts():
    absent = dict.fromkeys(("kind", "code", "owner_id", "unit_id", "tag", "hold", "parent_id", "lifecycle", "name_prefix", "updated_since", "reach"), "null")
    absent["reach"] = "null::jsonb"
    script("pg_accounts", traffic.TENANT_SOMETIMES + "\\startpipeline\n" + traffic.WALL
           + traffic.statement_of("crm/account_list.sql", limit=str(traffic.LIST_LIMIT), after="null::text", **absent) + "\\endpipeline\n")
    order = traffic.compact(ORDER).decode()
    for name, text in (
            ("pg_order", "select made.body from orders.order_create((:tenant)::uuid, null, '{}', null, jsonb_build_object('account_id',\n"
                         "    (select a.account_id from crm.account a where a.tenant_id = (:tenant)::uuid and a.customer_code = 'C' || (10000 + :a)))\n"
                         "    || '%s'::jsonb) as made;\n" % order),
            ("pg_redeem", "select done.body from membership.points_redeem((:tenant)::uuid, '{}', null,\n"
                          "    ('00000000-0000-7000-8100-000000' || :t || lpad((:a)::text, 3, '0'))::uuid, '{\"points\" : 1, \"reason\" : \"Off an invoice\"}')"
                          " as done (body);\n")):
        script(name, traffic.TENANT_SOMETIMES + "\\set a random(1, %d)\n\\startpipeline\nbegin;\n" % ACCOUNTS + traffic.WALL + text + "commit;\n\\endpipeline\n")
