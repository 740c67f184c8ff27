#!/usr/bin/env python3
"""Customers as shipments name them: one account a code and tenant, made once; another tenant's account does not exist (T7, T8)."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import world


def main():
    tap = hansa.Tap()
    run = client.Run("crm", max_running_tenant=100)
    with run:
        a, b = run.world("crm-a", full=False), run.world("crm-b", full=False)
        code = world.unique("CODE")
        first, second = a.shipment(customer={"code": code, "name": "First Name"})["customer"], a.shipment(customer={"code": code, "name": "Other"})["customer"]
        tap.equal(second, first, "a code names one account, and its name is told once")
        tap.equal(a.shipment(customer={"account_id": first["account_id"]})["customer"], first, "the id names the same account")
        theirs = b.shipment(customer={"code": code})["customer"]
        tap.ok(theirs["account_id"] != first["account_id"] and theirs["name"] != first["name"], "the same code of another tenant is another account (T8)", theirs)
        foreign, nobody = (run.ask("POST", "/v1/shipments", {"customer": {"account_id": i}}, a.key) for i in (theirs["account_id"], str(uuid.uuid4())))
        tap.ok(foreign.status == 422 and client.problem_code(foreign) == "crm/account_not_found" and client.pointers(foreign) == ["/customer/account_id"],
               "another tenant's account is not found", foreign)
        tap.equal({k: v for k, v in foreign.json.items() if k != "request_id"}, {k: v for k, v in nobody.json.items() if k != "request_id"},
                  "and is answered like nobody's (T7)")
        snapshot = client.Snapshot(run.database)
        for what, customer in (("an id and a code", {"account_id": first["account_id"], "code": code}), ("neither", {}), ("a name alone", {"name": "Nobody"})):
            answer = run.ask("POST", "/v1/shipments", {"customer": customer}, a.key)
            tap.ok(answer.status == 422 and client.problem_code(answer) == "crm/customer_unclear", "a customer named by %s is unclear" % what, answer)
        tap.equal(snapshot.changes(), [], "what was refused wrote nothing")
        race = world.unique("RACE")
        with ThreadPoolExecutor(8) as pool:
            ids = set(pool.map(lambda i: a.shipment(customer={"code": race, "name": "Name %d" % i})["customer"]["account_id"], range(16)))
        tap.equal(len(ids), 1, "sixteen at once with one new code make one account")
        tap.equal(run.database.sql("select count(*) from crm.account where tenant_id = '%s'" % a.tenant), "2", "and two rows are there in all")
    run.verdict(tap)
    tap.done()


main()
