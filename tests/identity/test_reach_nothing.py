#!/usr/bin/env python3
"""Somebody with every scope who reaches nothing: staff of a unit that looks after no account. Every endpoint of the document is asked by
him for things that are there: each is 404 as for nobody's, lists are empty, and nothing can be made for an account out of reach. An endpoint
that belongs to nobody's account says so below, with the reason; an endpoint that is new is asked from its first day."""
import os
import sys

import client
import hansa
import people

sys.path.insert(0, os.path.join(hansa.ROOT, "tests", "house"))
import test_reach  # noqa: E402
from book import Book  # noqa: E402

# Common to the firm: terms, lists and directories without an account.
COMMON = {"membership/program_list", "membership/program_get", "membership/program_version_list", "membership/reward_list", "membership/reward_get",
          "insight/snapshot_list", "insight/snapshot_get",  # when and how it was graded; the grades are another endpoint's
          "partners/organisation_list", "partners/organisation_get", "partners/organisation_own", "partners/organisation_create"}
# Of one's own making: who makes it sees it.
OWN = {"files/file_create", "crm/task_create", "crm/account_create", "orders/shipment_create", "exchange/edi_message_create"}


def who_reaches_nothing(book):
    a = book.a
    unit, role = a.post("/v1/units", {"name": "Nobody's desk"}, 201)["unit_id"], a.role("*")
    person = people.make(book.run.server, a.slug, "nowhere@canary.example")
    book.run.database.sql("delete from identity.role_grant where user_id = '%s';" % person.user_id)
    a.grant(person.user_id, role, reach="UNIT", unit_id=unit)
    return person


def is_nothing(name, told):
    """Of an endpoint that answers for each of many."""
    return told["accepted"] == 0 if name == "tracking/event_record" else not any(one["found"] for one in told["results"])


def fault_of(operation, file, answer):
    name = operation.full_name()
    if name in ("tracking/event_record", "tracking/tracking_query"):
        return None if answer.status == 200 and is_nothing(name, answer.json) else "expected nothing found"
    if file.is_tenant_wide or file.is_operator:
        return None if answer.status == 403 else "expected 403"
    if name in COMMON | OWN:
        return None
    if operation.is_list:
        return None if answer.status in (403, 404) or (answer.status == 200 and answer.json["data"] == []) else "expected nothing"
    if operation.in_path():
        return None if answer.status in (403, 404) else "expected 404"
    if operation.method == "GET":
        return "expected 403; no account stands in its address" if answer.status < 400 else None
    return None if answer.status in (403, 404, 409, 422) else "expected to be refused"


def main():
    tap = hansa.Tap()
    run = client.Run("reachnothing", rooms=True, max_running_tenant=100, login_account_max=1000000, login_source_max=1000000)
    with run:
        book = Book(tap, run)
        files, session = test_reach.files(), people.sign_in(run.server, who_reaches_nothing(book)).headers()
        book.snapshot.changes(is_kept=True)
        for operation in book.closed:
            if operation.is_own or "event-stream" in str(operation.replies):
                continue  # a person's own affairs; the stream has tests of its own
            request = book.base(operation)
            answer = request.send(run, None, headers=session)
            fault = fault_of(operation, files[operation.full_name()], answer)
            changed = book.snapshot.changes(is_kept=True) if operation.method != "GET" else []
            if changed and operation.full_name() not in OWN | COMMON:
                fault = "%s; wrote %s" % (fault or "refused", changed)
            tap.ok(not fault, "%s: out of reach" % operation.full_name(), "%s: %r" % (fault, answer))
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
