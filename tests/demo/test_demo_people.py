#!/usr/bin/env python3
"""The demo's logins through the edge: staff sees all of tenant A, the partner what it carries, the customer what is its own; made
twice, they are there once."""
import json
import os
import subprocess
import sys

import hansa

PASSWORD = "a-password-of-the-demo"
PEOPLE = (("STAFF", "owner"), ("PARTNER", "partner"), ("CUSTOMER", "customer"))
CUSTOMERS = ("SPICE", "AMBER")


def email(who):
    return who.lower() + "@demo-a.example"


def person(server, who, role):
    words = ["admin", "user", "create", "--tenant", "demo-a", "--email", email(who), "--name", who.title(), "--role", role, "--password-stdin"]
    return subprocess.run([hansa.binary()] + words, input=PASSWORD + "\n", text=True, check=False, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=hansa.plain_environment(HANSA_OWNER_DATABASE_URL=server.database.owner_url))


def give_roles(server, key):
    env = hansa.plain_environment(HANSA_DIRECT_URL="http://127.0.0.1:%d" % server.port, HANSA_KEY_A=key,
                                  HANSA_PARTNER_A_EMAIL=email("PARTNER"), HANSA_CUSTOMER_A_EMAIL=email("CUSTOMER"))
    return subprocess.run([sys.executable, os.path.join(hansa.ROOT, "deploy", "demo", "people")], env=env, check=False, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def shipments_make(server, key):
    """Forty shipments, of two customers in turn."""
    for n in range(40):
        made = server.request("POST", "/v1/shipments", {"tracking_number": "DEMO-%03d" % n, "customer": {"code": CUSTOMERS[n % 2], "name": CUSTOMERS[n % 2]}},
                              key, {"idempotency-key": "demo-%d" % n})
        if made.status not in (200, 201):
            raise RuntimeError("no shipment: %r" % made)


def sign_in(edge, who):
    """(answer, headers of what comes next)."""
    answer = edge.request("POST", "/v1/session", {"tenant": "demo-a", "email": email(who), "password": PASSWORD})
    cookie = (answer.headers.get("set-cookie") or "").split(";")[0]
    return answer, {"cookie": cookie}


def seen(edge, headers):
    answer = edge.request("GET", "/v1/shipments?limit=200", headers=headers)
    return {one["tracking_number"]: one for one in json.loads(answer.body).get("data", [])}


def counts(database):
    return database.sql("select (select count(*) from identity.app_user), (select count(*) from identity.role_grant), (select count(*) from crm.account), "
                        "(select count(*) from audit.entry where object_kind = 'shipment')")


def main():
    tap = hansa.Tap()
    with hansa.Database() as database, hansa.Server(database) as server, hansa.Edge(server) as edge:
        _, key = server.tenant("demo-a")
        shipments_make(server, key)
        for who, role in PEOPLE:
            made = person(server, who, role)
            tap.ok(made.returncode == 0, "hansa admin makes the %s" % role, made.stderr)
        done = give_roles(server, key)
        tap.ok(done.returncode == 0, "deploy/demo/people gives them their roles", done.stderr)
        before = counts(database)
        done = give_roles(server, key)
        tap.ok(done.returncode == 0 and counts(database) == before, "a second time changes nothing", (done.stderr, before, counts(database)))

        shown = {}
        for who, role in PEOPLE:
            answer, headers = sign_in(edge, who)
            tap.ok(answer.status in (200, 201) and headers["cookie"].startswith("__Host-"), "the %s signs in through the edge" % role, answer)
            shown[who] = seen(edge, headers)
            tap.equal(edge.request("GET", "/v1/users", headers=headers).status, 200 if who == "STAFF" else 403, "the %s and the people of the tenant" % role)
        tap.equal(len(shown["STAFF"]), 40, "staff sees all shipments")
        tap.ok(0 < len(shown["PARTNER"]) < 40 and {one["carrier_scac"] for one in shown["PARTNER"].values()} == {"HXFL"}, "the partner sees what it carries",
               sorted(shown["PARTNER"]))
        tap.ok(len(shown["CUSTOMER"]) == 20 and len({one["customer"]["account_id"] for one in shown["CUSTOMER"].values()}) == 1,
               "the customer sees its own", sorted(shown["CUSTOMER"]))
        for who in ("PARTNER", "CUSTOMER"):
            _, headers = sign_in(edge, who)
            foreign = next(one for number, one in shown["STAFF"].items() if number not in shown[who])
            tap.equal([edge.request("GET", path, headers=headers).status for path in
                       ("/v1/shipments/" + foreign["shipment_id"], "/v1/tracking/" + foreign["tracking_number"])], [404, 404],
                      "what is not for the %s is not there" % who.lower())
    tap.done()


if __name__ == "__main__":
    main()
