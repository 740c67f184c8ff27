#!/usr/bin/env python3
"""Partners: the life of a relation against a table of its own, lanes, fifty changes at once; the directory: who finds whom, who may write
what, and that a refused duplicate tells of public entries only (promises T1, T4; issue 4.4; decision 0034)."""
import os
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
import world  # noqa: E402
import world_of_partners as make  # noqa: E402

STATES = ("CANDIDATE", "QUALIFIED", "ACTIVE", "SUSPENDED", "ENDED")
STEPS = {("CANDIDATE", "QUALIFIED"), ("CANDIDATE", "ENDED"), ("QUALIFIED", "ACTIVE"), ("QUALIFIED", "ENDED"), ("ACTIVE", "SUSPENDED"), ("ACTIVE", "ENDED"),
         ("SUSPENDED", "ACTIVE"), ("SUSPENDED", "ENDED")}
WAY = {"CANDIDATE": (), "QUALIFIED": ("QUALIFIED",), "ACTIVE": ("QUALIFIED", "ACTIVE"), "SUSPENDED": ("QUALIFIED", "ACTIVE", "SUSPENDED"), "ENDED": ("ENDED",)}
PATCH = {"content-type": "application/merge-patch+json"}


def move(own, partner, to, **more):
    return own.run.ask("POST", "/v1/partners/%s/transitions" % partner, {"to": to, "reason": "A test", **more}, own.key)


def patch(own, path, body, tag="*"):
    return own.run.ask("PATCH", path, body, own.key, {**PATCH, "if-match": tag})


def lives(tap, own):
    faults = []
    for state in STATES:
        for to in STATES[1:]:
            partner = make.partner(own)
            for step in WAY[state]:
                assert move(own, partner, step).status == 200
            answer = move(own, partner, to)
            expected = 200 if (state, to) in STEPS else 409
            after = own.get("/v1/partners/" + partner).json["state"]
            if answer.status != expected or after != (to if expected == 200 else state):
                faults.append("%s > %s: %r, then %s" % (state, to, answer, after))
    tap.ok(not faults, "a relation takes the steps of its table and no other (20 cells)", "\n".join(faults))
    partner = make.partner(own, credentials=[{"kind": "INSURANCE", "name": "CMR", "valid_to": "2020-01-01"}])
    move(own, partner, "QUALIFIED")
    late = move(own, partner, "ACTIVE")
    tap.ok(late.status == 409 and client.problem_code(late) == "partners/credential_expired", "who is not insured any more does not become active", late)
    patch(own, "/v1/partners/" + partner, {"credentials": [{"kind": "INSURANCE", "name": "CMR", "valid_to": "2090-01-01"}]})
    tap.equal(move(own, partner, "ACTIVE").status, 200, "with a new insurance it does")
    noted = own.run.database.sql("select string_agg(type, ' ' order by event_id) from core.event where tenant_id = '%s' and object_id = '%s' and type like 'partners.%%%%';" % (own.tenant, partner))
    tap.equal(noted, "partners.partner.created partners.partner.qualified partners.partner.active", "each step is an event")


def lanes(tap, own):
    ends = {"NL": {"country": "NL"}, "NLRTM": {"country": "NL", "unlocode": "NLRTM"}, "NL-30": {"country": "NL", "postcode": "30"}, "DE": {"country": "DE"}}
    made = {name: make.partner(own, modes=["ROAD", "RAIL"], lanes=[{"from": end, "to": {"country": "PL"}, "modes": ["ROAD"]}]) for name, end in ends.items()}
    wanted = {"NL": {"NL", "NLRTM", "NL-30"}, "NLRTM": {"NL", "NLRTM", "NL-30"}, "NLAMS": {"NL", "NL-30"}, "NL-3011": {"NL", "NLRTM", "NL-30"},
              "NL-1011": {"NL", "NLRTM"}, "DE-47": {"DE"}, "FR": set()}
    faults = []
    for asked, expected in wanted.items():
        for query, serves in (("&lane_to=PL", True), ("&lane_to=PLWAW&mode=ROAD", True), ("&lane_to=PL&mode=RAIL", False), ("&lane_to=NL", False)):
            got = {p["partner_id"] for p in own.get("/v1/partners?limit=200&lane_from=%s%s" % (asked, query)).json["data"]}
            if got != {made[name] for name in expected if serves}:
                faults.append("%s%s: %s" % (asked, query, [n for n, i in made.items() if i in got]))
    tap.ok(not faults, "who serves a lane: country, place or postcode, by mode (28 questions)", "\n".join(faults))


def at_once(tap, own):
    partner = make.partner(own)
    path = "/v1/partners/" + partner
    tag = own.get(path).headers["etag"]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda i: patch(own, path, {"notes": "Writer %d" % i}, tag), range(50)))
    tap.equal((sum(a.status == 200 for a in answers), sum(a.status == 412 for a in answers)), (1, 49), "of fifty changes with one tag one is made")

    def add(i):
        while True:
            seen = own.get(path)
            answer = patch(own, path, {"services": seen.json["services"] + ["S%d" % i]}, seen.headers["etag"])
            if answer.status != 412:
                return answer.status
    with ThreadPoolExecutor(20) as pool:
        tap.equal(set(pool.map(add, range(20))), {200}, "twenty who try again until it fits all get through")
    tap.equal(sorted(own.get(path).json["services"]), sorted("S%d" % i for i in range(20)), "and no change is lost")
    with ThreadPoolExecutor(20) as pool:
        moved = [a.status for a in pool.map(lambda _: move(own, partner, "QUALIFIED"), range(20))]
    tap.equal((moved.count(200), moved.count(409)), (1, 19), "of twenty equal steps at once one is taken")
    account, org = make.account(own), make.organisation(own)
    with ThreadPoolExecutor(20) as pool:
        body = {"account_id": account, "org_id": org, "network_role": "PEER"}
        begun = [a.status for a in pool.map(lambda _: own.run.ask("POST", "/v1/partners", body, own.key), range(11))]
    tap.equal((begun.count(201), begun.count(409)), (1, 10), "a relation begins once")


def directory(tap, run, a, b):
    own = {w.slug: w.get("/v1/organisations/own").json for w in (a, b)}
    tap.ok(all(o["is_own"] and o["is_on_platform"] and not o["is_listed"] for o in own.values()), "each tenant has an entry of its own, which is not listed", own)
    made = run.run_operator("POST", "/v1/operator/tenants", {"slug": world.unique("o-").lower(), "name": "Made by the operator"})
    entries = run.database.sql("select count(*) from partners.organisation where of_tenant = '%s';" % made.json["tenant_id"])
    tap.equal(entries, "1", "one that the operator makes has one too")
    name = own[b.slug]["legal_name"]
    listed = [o["org_id"] for o in a.get("/v1/organisations?limit=200&name=" + name).json["data"]]
    tap.ok(own[b.slug]["org_id"] not in listed, "who is not listed is not found")
    shown = a.get("/v1/organisations/" + own[b.slug]["org_id"])
    tap.ok(shown.status == 200 and "of_tenant" not in shown.json and b.tenant not in shown.body.decode(), "by the id it is shown, without its tenant", shown.body)
    scac, gln = "Q" + "".join("ABCDEFGHIJ"[int(d)] for d in "%03d" % (os.getpid() % 1000)), make.gln()
    tap.equal(patch(b, "/v1/organisations/own", {"scac": scac}).status, 422, "in hiding one has no numbers")
    free = run.ask("POST", "/v1/organisations", {"legal_name": "Early", "country": "NL", "gln": make.gln()}, a.key)
    tap.equal(free.status, 201, "so a duplicate that is refused tells of listed entries only")
    put = patch(b, "/v1/organisations/own", {"is_listed": True, "scac": scac, "gln": gln, "country": "NL"})
    tap.ok(put.status == 200 and a.get("/v1/organisations?scac=" + scac).json["data"][0]["org_id"] == own[b.slug]["org_id"], "listed, it is found by its numbers", put)
    for body, code in (({"scac": scac}, "scac_taken"), ({"gln": gln}, "gln_taken")):
        again = run.ask("POST", "/v1/organisations", {"legal_name": "Twin", "country": "DE", **body}, a.key)
        tap.ok(again.status == 409 and client.problem_code(again) == "partners/" + code, "its number is refused to another entry", again)
    # hostile hands
    org = make.organisation(a)
    number = a.get("/v1/organisations/" + org).json["registration_no"]
    tap.equal(patch(b, "/v1/organisations/" + org, {"legal_name": "Seized"}).status, 403, "another's entry is not to be changed")
    own_one = run.ask("POST", "/v1/partners", {"account_id": make.account(b), "org_id": org, "network_role": "PEER"}, b.key)
    tap.ok(own_one.status == 201 and patch(a, "/v1/organisations/" + org, {"legal_name": "Still mine"}).status == 200,
           "that others have a relation to it does not show in what its author may do", own_one)
    run.database.sql("update partners.organisation set created_at = created_at - interval '8 days' where org_id = '%s';" % org)
    tap.equal(client.problem_code(patch(a, "/v1/organisations/" + org, {"legal_name": "Too late"})), "partners/organisation_settled", "after a week it is settled")
    checked = run.run_operator("PATCH", "/v1/operator/organisations/" + own[b.slug]["org_id"], {"is_checked": True}, {**PATCH, "if-match": "*"})
    tap.ok(checked.status == 200 and checked.json["is_checked"], "the operator checks an entry", checked)
    tap.equal(client.problem_code(patch(b, "/v1/organisations/own", {"scac": "ZZ"})), "partners/organisation_checked", "then its numbers are the operator's")
    tap.equal(patch(b, "/v1/organisations/own", {"legal_name": "New name"}).status, 200, "its name is not")
    merged = run.run_operator("POST", "/v1/operator/organisations/%s/merge" % org, {"into": own[a.slug]["org_id"]})
    tap.ok(merged.status == 200 and merged.json["org_id"] == own[a.slug]["org_id"] and merged.json["registration_no"] == number, "the operator merges a claimed entry, whose numbers go with it", merged)
    relation = run.database.sql("begin; set local hansa.tenant_id = '%s'; select tenant_of_org from partners.api_partner('%s', '%s'); commit;"
                                % (b.tenant, b.tenant, own_one.json["partner_id"])).split("\n")
    tap.ok(a.tenant in relation, "and relations to it are relations to the tenant now", relation)
    seen = hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; update partners.organisation set legal_name = 'Seized' where of_tenant = '%s' returning 1;"
                      % (a.tenant, b.tenant))
    tap.ok("1" not in seen.split("\n"), "a session of another tenant cannot write it at all", seen)


def main():
    tap = hansa.Tap()
    run = client.Run("partners", max_running_tenant=200, max_running_source=200, max_waiting=400)
    with run:
        operator = run.secret(run.server.operator_key(), "the operator's key")
        run.run_operator = lambda method, path, body, headers=None: run.ask(method, path, body, operator, headers)
        a, b = run.world("partners-a", full=False), run.world("partners-b", full=False)
        lives(tap, a)
        lanes(tap, a)
        at_once(tap, a)
        directory(tap, run, a, b)
        theirs, nobodys = (run.ask("GET", "/v1/partners/" + i, key=b.key) for i in (make.partner(a), str(uuid.uuid4())))
        tap.equal(theirs.status, nobodys.status, "another tenant's relation is not there")
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
