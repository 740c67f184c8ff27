#!/usr/bin/env python3
"""How far people reach among relations: staff those of the accounts that they reach, a partner's own people their own without what is
thought of it, and the directory not at all (issue 4.6; promise Z1)."""
import os
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
import people  # noqa: E402
import world_of_partners as make  # noqa: E402

PATCH = {"content-type": "application/merge-patch+json", "if-match": "*"}


class Caller:
    def __init__(self, run, own, name, audience, role, **grant):
        self.run = run
        who = people.make(run.server, own.slug, name + "@canary.example")
        run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';"
                         % (who.user_id, audience, who.user_id))
        own.grant(who.user_id, role, **grant)
        self.session = people.sign_in(run.server, who)

    def ask(self, method, path, body=None):
        return self.run.ask(method, path, body, headers={**self.session.headers(), **(PATCH if method == "PATCH" else {})})


def without_id(answer):
    value = dict(answer.json)
    value.pop("request_id", None)
    return answer.status, value


def main():
    tap = hansa.Tap()
    run = client.Run("partners_reach", max_running_tenant=100)
    with run:
        own = run.world("partners-reach", full=False)
        run.database.sql("insert into identity.role (tenant_id, role, name, audience, scopes) select '%s', 'scout_' || lower(a), 'Scout', a, "
                         "'{partners:read,partners:write,partners:approve,alliances:read,alliances:write}' from unnest('{STAFF,PARTNER}'::text[]) a;" % own.tenant)
        unit = own.post("/v1/units", {"name": "North"}, 201)["unit_id"]
        north = own.post("/v1/accounts", {"kind": "PARTNER", "name": "North carrier", "scac": "HXNN", "unit_id": unit}, 201)["account_id"]
        org = make.organisation(own)
        own.post("/v1/partners", {"account_id": north, "org_id": org, "network_role": "DOWNSTREAM", "notes": "Between us"}, 201)
        own.post("/v1/partners/%s/ratings" % north, {"score": 2, "reasons": [{"criterion": "CONDUCT", "text": "Rude."}]}, 201)
        south = make.partner(own)
        spare, other = make.account(own), own.post("/v1/accounts", {"kind": "PARTNER", "name": "Spare", "unit_id": unit}, 201)["account_id"]
        staff = Caller(run, own, "staff", "STAFF", "scout_staff", reach="UNIT", unit_id=unit)
        partner = Caller(run, own, "partner", "PARTNER", "scout_partner", reach="PARTNER", account_id=north)
        for who, name in ((staff, "staff of the unit"), (partner, "the partner's people")):
            tap.equal([p["partner_id"] for p in who.ask("GET", "/v1/partners").json["data"]], [north], "%s: the list has what is reached" % name)
            for method, rest, body in (("GET", "", None), ("PATCH", "", {"notes": "x"}), ("POST", "/transitions", {"to": "QUALIFIED"}), ("GET", "/ratings", None),
                                       ("POST", "/ratings", {"score": 5, "reasons": [{"criterion": "PRICE", "text": "Cheap."}]})):
                one, none = (who.ask(method, "/v1/partners/%s%s" % (i, rest), body) for i in (south, uuid.uuid4()))
                status = 404 if who is staff or (method, rest) == ("GET", "") else 403  # nothing else there is for the partner's people
                tap.ok(one.status == status and without_id(one) == without_id(none), "%s: %s %s of another is nobody's" % (name, method, rest or "/"), one)
            for path in ("/v1/alliances", "/v1/alliances/%s" % uuid.uuid4()):
                tap.equal(who.ask("GET", path).status, 403, "%s: alliances are the whole firm's: %s" % (name, path[:13]))
        shown = partner.ask("GET", "/v1/partners/" + north)
        tap.ok(shown.status == 200 and not {"notes", "score", "state_reason"} & set(shown.json) and "Between" not in shown.body.decode(),
               "the partner's people see no notes and no score", shown.body)
        tap.equal(partner.ask("GET", "/v1/partners/%s/ratings" % north).status, 403, "and no ratings")
        refused = [partner.ask("PATCH", "/v1/partners/" + north, {"notes": "x"}), partner.ask("POST", "/v1/partners/%s/transitions" % north, {"to": "QUALIFIED"}),
                   partner.ask("POST", "/v1/partners/%s/ratings" % north, {"score": 5, "reasons": [{"criterion": "PRICE", "text": "Cheap."}]}),
                   partner.ask("POST", "/v1/partners", {"account_id": north, "org_id": org, "network_role": "OWN"}),
                   partner.ask("POST", "/v1/organisations", {"legal_name": "Mine", "country": "NL", "scac": "MINE"})]
        tap.ok(all(client.problem_code(a) == "core/forbidden" for a in refused), "and change nothing", refused)
        tap.equal([partner.ask("GET", path).status for path in ("/v1/organisations", "/v1/organisations/" + org, "/v1/organisations/own")], [403] * 3,
                  "the directory is not theirs to read")
        tap.ok(staff.ask("GET", "/v1/partners/" + north).json["notes"] == "Between us" and staff.ask("GET", "/v1/organisations/" + org).status == 200,
               "staff see notes, and the directory")
        tap.equal([staff.ask("POST", "/v1/partners/%s/transitions" % north, {"to": "QUALIFIED"}).status, staff.ask("PATCH", "/v1/partners/" + north, {"notes": "New"}).status],
                  [200, 200], "and change what they reach")
        body = {"org_id": make.organisation(own), "network_role": "PEER"}
        unreached, none = (staff.ask("POST", "/v1/partners", {**body, "account_id": i}) for i in (spare, str(uuid.uuid4())))
        tap.ok(unreached.status == 422 and without_id(unreached) == without_id(none), "no relation through an account that is not reached", unreached)
        tap.equal(staff.ask("POST", "/v1/partners", {**body, "account_id": other}).status, 201, "but through one that is")
        tap.equal(staff.ask("PATCH", "/v1/organisations/own", {"country": "NL"}).status, 403, "one's own entry is the whole firm's")
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
