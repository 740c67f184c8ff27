"""Promise L1 over every writing endpoint that is published: its first good case leaves an entry that names the request, and
what nobody would call a change leaves none. A new endpoint is held to it from its first day.
"""
import pathlib
import sys

import client
import hansa

sys.path[:0] = [hansa.ROOT + "/server/compiler", hansa.ROOT + "/tests/house"]
import cases  # noqa: E402
import front_matter  # noqa: E402
from report import Report  # noqa: E402

WRITING = ("POST", "PUT", "PATCH", "DELETE")
# Good first cases that change nothing: what they answer is the same whether or not there is such a person (promise A2).
UNTOLD = {"identity/password_reset_create", "identity/login_find"}


def is_reading(operation):
    path = pathlib.Path(hansa.ROOT, "server", operation.room, operation.name + ".sql")
    found = front_matter.parse(path, operation.room, Report()) if path.exists() else None
    return found is not None and found.is_read_only


def key_of(run, a, operation, operator):
    if operation.is_own:
        return a.own(operation.name)
    if operation.is_public:
        return None
    return operator if operation.path.startswith("/v1/operator") else a.key


def entries(run, request_id):
    """What the trails say: what is done to a tenant stands in its own and in the operator's or its sandbox's."""
    return run.database.sql("select concat_ws(' ', outcome, endpoint, actor_kind, object_id, changes ->> 'grant_id', tenant_id) from audit.entry where request_id = '%s';"
                            % request_id).splitlines()


def main():
    tap = hansa.Tap()
    with client.Run("every", rooms=True) as run:
        a = run.world("tenant-a")
        spare = a.shipment()["shipment_id"]
        link = a.post("/v1/shipments/%s/links" % spare, {}, 201)
        run.secret(link["token"], "a link's token")
        a.values.update(spare_shipment_id=spare, spare_link_id=link["link_id"])
        operator = run.secret(run.server.operator_key(), "the operator's key")
        asked = 0
        # what ends things comes last, so that others still find them; only who was suspended can be resumed
        for operation in sorted(run.document.operations, key=lambda o: (o.method == "DELETE", o.name == "tenant_resume", o.name)):
            if operation.method not in WRITING and operation.full_name() != "audit/chain_export":
                continue
            name = operation.full_name()
            try:
                request = cases.Request(operation, cases.load(operation)["good"][0], a.values)
            except (OSError, ValueError, KeyError) as error:
                tap.skip("%s leaves an entry" % name, "no good case: %s" % error)
                continue
            answer = request.send(run, key_of(run, a, operation, operator))
            found = lambda: entries(run, answer.headers["request-id"])  # noqa: E731
            if answer.status >= 400:
                tap.ok(False, "%s: its first good case is good" % name, repr(answer))
            elif name in UNTOLD or (is_reading(operation) and operation.method in WRITING):
                tap.equal(found(), [], "%s changes nothing and leaves no entry" % name)
            else:
                asked += 1
                hansa.wait_for(found, 3)
                told = found()  # a call that changes two things, such as an order and its shipment, stands in the trail of each, or of each tenant; a grant in its person's
                tap.ok(1 <= len(told) == len(set(told)) <= 3, "%s leaves one entry for each thing that it changes" % name, told)
        tap.ok(asked >= 6, "%d writing endpoints were asked" % asked)
        text = run.database.sql("select jsonb_agg(to_jsonb(e))::text from audit.entry e;")
        tap.equal([what for secret, what in run.secrets.items() if secret in text], [], "no secret and no name stands in the trail (K1)")
    tap.done()


if __name__ == "__main__":
    main()
