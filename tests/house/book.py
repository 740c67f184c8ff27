"""What all tests of all endpoints share: the published document, the case files, two worlds, and what is written meanwhile."""
import os
import re
import sys
import zlib

import cases
import client
import hansa
import world


class Book:
    """What all sections share."""

    def __init__(self, tap, run):
        self.tap, self.run, self.document = tap, run, run.document
        self.a, self.b = run.world("tenant-a"), run.world("tenant-b")
        for own in (self.a, self.b):
            spare = own.shipment()
            link = own.post("/v1/shipments/%s/links" % spare["shipment_id"], {}, 201)
            run.secret(link["token"], "a link's token")
            own.values.update(spare_shipment_id=spare["shipment_id"], spare_link_id=link["link_id"])
        self.nobody = world.strangers(self.a.values)
        self.operator = run.secret(run.server.operator_key(), "the operator's key")
        self.files, self.broken = {}, {}
        for operation in self.document.operations:
            try:
                self.files[operation.full_name()] = cases.load(operation)
            except (OSError, ValueError) as error:
                self.broken[operation.full_name()] = str(error)
        chosen = os.environ.get("ROOMS", "").split()
        if chosen:
            hansa.note("only the rooms " + ", ".join(chosen))
        part, parts = (int(n) for n in sys.argv[1].split("/")) if len(sys.argv) > 1 else (1, 1)
        self.is_first = part == 1
        self.operations = [o for o in self.document.operations if o.full_name() in self.files and (not chosen or o.full_name().split("/")[0] in chosen)
                           and zlib.crc32(o.full_name().encode()) % parts == part - 1]
        self.closed = [o for o in self.operations if not o.is_public]
        self.snapshot = client.Snapshot(run.database)

    def base(self, operation, values=None):
        """The first good request of an endpoint."""
        return cases.Request(operation, self.files[operation.full_name()]["good"][0], values or self.a.values)

    def key(self, operation):
        if operation.is_own:
            return self.a.own(operation.name)
        return None if operation.is_public else self.operator if is_operators(operation) else self.a.key

    def point(self, name, faults):
        self.tap.ok(not faults, name, "\n".join(faults))

    def unwritten(self, operation, what, keeps=()):
        """keeps: tables in which a refusal of this endpoint leaves a row on purpose."""
        changed = self.snapshot.changes()
        if changed:
            self.snapshot.changes(is_kept=True)
        changed = [line for line in changed if line.split(" ")[0] not in keeps]
        self.point("%s: %s wrote nothing" % (operation.full_name(), what), changed)


def is_operators(operation):
    return (operation.scope or "").startswith("operator:")


def problem_of(answer, status, code=None):
    """Faults of an answer that ought to be this problem."""
    if answer.status != status or (code and client.problem_code(answer) != code):
        return ["%r, expected %d %s" % (answer, status, code or "")]
    return []


def without_id(answer):
    """Everything of an answer but what differs from call to call."""
    headers = {k: v for k, v in answer.headers.items() if k not in ("request-id", "date", "ratelimit")}
    return answer.status, headers, re.sub(rb'"request_id":\s*"[0-9a-f]{32}"', b"", answer.body)
