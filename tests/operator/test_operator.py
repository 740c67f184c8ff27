#!/usr/bin/env python3
"""The operator of the platform: his keys open his endpoints and nothing else, nobody else's open his; he makes, renames, suspends, resumes
and limits tenants, lets their first people in (decision 0053), and sees what they use without a wall coming down (issue 3.8)."""
import re
import time
import uuid

import client
import hansa
import people
import world


def sides(tap, run, operator, own):
    """Every endpoint of the document from both sides."""
    mine, theirs = [], []
    for operation in run.document.operations:
        if operation.is_public:
            continue
        path = re.sub(r"\{[^}]*\}", str(uuid.uuid4()), operation.path)
        body = {} if operation.body_media else None
        headers = {"content-type": operation.body_media} if operation.body_media else {}
        is_operators = operation.scope.startswith("operator:")
        answer = run.ask(operation.method, path, body, own.key if is_operators else operator, headers)
        (mine if is_operators else theirs).append((operation.full_name(), answer.status))
    tap.ok(mine and {s for _, s in mine} == {403}, "a key of a tenant with scope * opens no operator's endpoint", mine)
    tap.ok(theirs and {s for _, s in theirs} == {403}, "an operator's key with scope * opens no tenant's endpoint", [t for t in theirs if t[1] != 403])
    reader = run.secret(run.server.operator_key("operator:read"), "an operator's key")
    tap.equal((run.ask("GET", "/v1/operator/tenants", key=reader).status, run.ask("POST", "/v1/operator/tenants/%s/resume" % own.tenant, key=reader).status), (200, 403),
              "an operator's scopes count among his own endpoints")
    session = people.sign_in(run.server, people.make(run.server, own.slug, "owner@canary.example", role="owner"))
    tap.equal(run.ask("GET", "/v1/operator/tenants", headers=session.headers()).status, 403, "nor does an owner's session")
    count = run.database.sql("select count(*) from identity.tenant where is_operator;")
    tap.equal(count, "1", "there is one tenant for all operator's keys")
    for sql in ("select operator.tenants('%s', null, 10, null)" % own.tenant, "select operator.tenant('%s', '%s')" % (own.tenant, own.tenant),
                "select operator.tenant_status_set((select t.id from identity.v_tenant t), '%s', 'SUSPENDED')" % own.tenant,
                "select operator.tenant_change((select t.id from identity.v_tenant t), '%s', '*', '{\"name\": \"Mine\"}')" % own.tenant,
                "select operator.limits_set('%s', '%s', '{}')" % (run.database.sql("select id from identity.tenant where is_operator;"), own.tenant),
                "select identity.api_tenant_create('{}')", "insert into operator.usage_hour values ('%s', now(), 1, 0, 0)" % own.tenant, "select * from operator.usage_hour",
                "update identity.tenant set status = 'SUSPENDED'"):
        try:
            got = hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; %s;" % (own.tenant, sql))
            tap.ok(False, "a tenant's unit cannot: " + sql[:60], got)
        except RuntimeError as error:
            tap.ok("operator/not_operator" in str(error) or "permission denied" in str(error), "a tenant's unit cannot: " + sql[:60], error)


def tenants(tap, run, operator, own):
    slug = world.unique("op-").lower()
    made = run.ask("POST", "/v1/operator/tenants", {"slug": slug, "name": "Made", "zone": "Asia/Shanghai"}, operator)
    tap.ok(made.status == 201 and made.headers["location"] == "/v1/operator/tenants/" + made.json["tenant_id"], "the operator makes a tenant", made)
    tenant = made.json["tenant_id"]
    roles = run.database.sql("select count(*) from identity.role where tenant_id = '%s' and is_built_in;" % tenant)
    listed = run.database.sql("select count(*) from identity.built_in_role;")
    tap.equal(roles, listed, "it has the built-in roles")
    keyed = {"idempotency-key": '"%s"' % uuid.uuid4()}
    other = world.unique("op-").lower()
    answers = [run.ask("POST", "/v1/operator/tenants", {"slug": other, "name": "Twice"}, operator, keyed) for _ in range(2)]
    tap.ok([a.status for a in answers] == [201, 201] and answers[0].json == answers[1].json, "asked twice under one Idempotency-Key it is made once", answers)
    tap.equal(run.database.sql("select count(*) from identity.role r join identity.tenant t on t.id = r.tenant_id where t.slug = '%s';" % other), listed, "and has its roles")
    key = run.secret(run.server.key(slug), "a key")
    tap.equal(run.ask("GET", "/v1/shipments", key=key).status, 200, "and its key opens it")
    listed, cursor = [], ""
    while cursor is not None:
        answer = run.ask("GET", "/v1/operator/tenants?limit=2" + (cursor and "&cursor=" + cursor), key=operator)
        listed += [t["slug"] for t in answer.json["data"]]
        cursor = answer.json["next_cursor"]
    tap.ok(listed.count(slug) == 1 and own.slug in listed and "operator" not in listed, "it is listed, over pages, and the operator's own is not", listed)
    itself = run.database.sql("select id from identity.tenant where is_operator;")
    for method, path, body in (("GET", "", None), ("PATCH", "", {"name": "x"}), ("POST", "/suspend", {"reason": "x"}), ("PUT", "/limits", {"requests_per_minute": 1, "key_requests_per_minute": 1, "storage_bytes": 1})):
        answer = run.ask(method, "/v1/operator/tenants/" + itself + path, body, operator, {"if-match": "*"} if method == "PATCH" else None)
        tap.ok(answer.status == 404, "the operator's own tenant is none to %s" % (path or "show"), answer)
    answer = run.ask("POST", "/v1/operator/tenants/%s/suspend" % tenant, {"reason": "unpaid"}, operator)
    gone, took = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=key).status == 401, 3)
    tap.ok(answer.json["status"] == "SUSPENDED" and answer.json["suspended_at"] and gone and took < 1.0, "suspended, it is shut within a second", "%.2f s %r" % (took, answer))
    tap.equal(run.ask("GET", "/v1/shipments", key=own.key).status, 200, "its neighbour is not")
    again = run.ask("POST", "/v1/operator/tenants/%s/suspend" % tenant, {"reason": "again"}, operator)
    tap.equal(again.json["suspended_at"], answer.json["suspended_at"], "suspending it again changes nothing")
    answer = run.ask("POST", "/v1/operator/tenants/%s/resume" % tenant, key=operator)
    back, took = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=key).status == 200, 3)
    tap.ok(answer.json["status"] == "ACTIVE" and back, "resumed, it is open again", "%.2f s" % took)
    noted = run.database.sql("select string_agg(endpoint || ' ' || actor_kind, ', ' order by entry_id) from audit.entry where object_id = '%s' and outcome = 'CHANGED';" % tenant)
    tap.equal(noted, "operator/tenant_create OPERATOR, operator/tenant_suspend OPERATOR, operator/tenant_resume OPERATOR", "each change is on record once (L1)")
    return tenant, slug, key


def renaming(tap, run, operator, tenant, own):
    path = "/v1/operator/tenants/" + tenant
    shown = run.ask("GET", path, key=operator)
    answer = run.ask("PATCH", path, {"name": "Renamed", "zone": "Europe/Amsterdam", "slug": shown.json["slug"]}, operator, {"if-match": shown.headers["etag"]})
    tap.ok(answer.status == 200 and answer.json == {**shown.json, "name": "Renamed", "zone": "Europe/Amsterdam"}, "a tenant is renamed and moved to another zone", answer)
    tap.equal(run.ask("GET", path, key=operator).headers["etag"], answer.headers["etag"], "the answer's tag is the one that is shown from then on")
    names = "select string_agg(concat_ws(' ', name, zone, locale), ', ') from identity.tenant where '%s' in (id, sandbox_of);" % tenant
    tap.equal(run.database.sql(names), "Renamed Europe/Amsterdam en, Renamed Europe/Amsterdam en", "its sandbox goes with it")
    stale = run.ask("PATCH", path, {"name": "Too late"}, operator, {"if-match": shown.headers["etag"]})
    tap.ok(stale.status == 412 and run.ask("GET", path, key=operator).json == answer.json, "who looked at it before is refused, and nothing changes", stale)
    same = run.ask("PATCH", path, {"name": "Renamed"}, operator, {"if-match": answer.headers["etag"]})
    tap.ok(same.status == 200 and same.headers["etag"] == answer.headers["etag"], "the same name again changes nothing", same)
    slug = run.ask("PATCH", path, {"name": "Both", "slug": "another-slug"}, operator, {"if-match": "*"})
    tap.ok(slug.status == 422 and client.pointers(slug) == ["/slug"] and shown.json["slug"] in slug.body.decode(), "another slug is refused, and with it the name beside it", slug)
    noted = run.database.sql("select string_agg(t.slug || ' ' || e.actor_kind || ' ' || e.changes::text, ', ' order by t.is_operator desc) from audit.entry e"
                             " join identity.tenant t on t.id = e.tenant_id where e.endpoint = 'operator/tenant_change' and e.outcome = 'CHANGED' and e.object_id = '%s';" % tenant)
    change = '{"name": {"new": "Renamed", "old": "Made"}, "zone": {"new": "Europe/Amsterdam", "old": "Asia/Shanghai"}}'
    tap.equal(noted, "operator OPERATOR %s, %s OPERATOR %s" % (change, shown.json["slug"], change), "the change is on the operator's record and on the tenant's, once each")
    for who, key, path, status in (("a tenant's key", own.key, path, 403), ("the operator, of a sandbox,", operator, path[:-36] + shown.json["sandbox"]["tenant_id"], 404)):
        tap.equal(run.ask("PATCH", path, {"name": "X"}, key, {"if-match": "*"}).status, status, "%s changes nothing" % who)
    limited = run.ask("GET", "/v1/operator/tenants/" + tenant, key=operator)
    run.ask("PUT", "/v1/operator/tenants/%s/limits" % tenant, {"requests_per_minute": 700, "key_requests_per_minute": None, "storage_bytes": None}, operator)
    stale = run.ask("PATCH", "/v1/operator/tenants/" + tenant, {"name": "Too late"}, operator, {"if-match": limited.headers["etag"]})
    tap.equal(stale.status, 412, "limits that were set meanwhile count as a change too")


def code(answer):
    return answer.status, client.problem_code(answer)


def made_by(run, operator, what):
    slug = world.unique("first-").lower()
    made = run.ask("POST", "/v1/operator/tenants", {"slug": slug, "name": what}, operator).json
    return slug, made, "/v1/operator/tenants/" + made["tenant_id"]


def first_person(tap, run, operator):
    """An owner is invited into an empty house; whoever has come in keeps the door."""
    slug, made, path = made_by(run, operator, "Empty")
    email = "first@%s.example" % slug
    body, keyed = {"email": email, "name": run.canary("Ada First")}, {"idempotency-key": str(uuid.uuid4())}
    answers = [run.ask("POST", path + "/users", body, operator, keyed) for _ in range(2)]
    tap.ok([a.status for a in answers] == [201, 201] and answers[0].json == answers[1].json and answers[0].json["status"] == "INVITED",
           "the first owner is invited, once under one Idempotency-Key", answers)
    told = people.links(run.server, slug, "INVITATION", email)
    tap.ok(len(told) == 1 and told[0]["token"] not in answers[0].body.decode(), "there is one link, and the answer does not tell it", answers[0])
    again = run.ask("POST", path + "/users", body, operator)
    link = run.secret(people.links(run.server, slug, "INVITATION", email)[-1]["token"], "an invitation")
    accept = {"password": people.PASSWORD}
    tap.ok(again.status == 201 and again.json["user_id"] == answers[0].json["user_id"] and run.ask("POST", "/v1/invitations/accept", {"token": told[0]["token"], **accept}).status == 404,
           "the same address again gets a new link in place of the one before", again)
    spare = run.ask("POST", path + "/keys", {"name": "unused", "scopes": ["*"]}, operator)
    run.secret(spare.json["key"], "a first key")
    tap.ok(spare.status == 201 and spare.headers["cache-control"] == "no-store" and spare.json["created_by"]["kind"] == "OPERATOR", "and a key is made beside", spare.json["prefix"])
    tap.equal(run.ask("POST", "/v1/invitations/accept", {"token": link, **accept}).status, 200, "the owner accepts")
    session = people.sign_in(run.server, people.Person(slug, email, people.PASSWORD))
    tap.equal(session.ask("GET", "/v1/roles").status, 200, "and owns the firm")
    for place in ("/users", "/keys"):
        late = run.ask("POST", path + place, {**body, "email": "late@back.example"} if place == "/users" else {"name": "late", "scopes": ["*"]}, operator)
        tap.equal(code(late), (409, "identity/tenant_inhabited"), "from then on the operator lets nobody in by %s" % place)
    session.ask("POST", "/v1/users", {"email": "second@%s.example" % slug, "name": "Second", "grants": [{"role": "owner", "reach": "TENANT"}]})
    run.database.sql("update identity.app_user set status = 'DISABLED', disabled_at = now() where tenant_id = '%s' and email = '%s';" % (made["tenant_id"], email))
    tap.equal(code(run.ask("POST", path + "/users", body, operator)), (409, "identity/tenant_inhabited"), "not even when whoever came in is shut out")
    noted = run.database.sql("select string_agg(concat_ws(' ', t.slug, e.endpoint, e.object_kind, e.changes ->> 'role'), ', ' order by e.entry_id) from audit.entry e join identity.tenant t"
                             " on t.id = e.tenant_id where e.actor_kind = 'OPERATOR' and e.outcome = 'CHANGED' and e.endpoint like 'identity/tenant_%%' and (t.slug = '%s' or e.object_id = '%s');"
                             % (slug, made["tenant_id"]))
    user, key = "%s identity/tenant_user_create user" % slug, "identity/tenant_key_create"
    mine = "operator identity/tenant_user_create tenant"
    tap.equal(noted, ", ".join((user, user + " owner", mine, user, mine, "%s %s key" % (slug, key), "operator %s tenant" % key)),
              "all of it stands on the tenant's record and on the operator's, once each")


def first_key(tap, run, operator, own):
    """A key for who sets a tenant up: told once, and the last that the operator makes once it is used."""
    slug, made, path = made_by(run, operator, "Keys")
    secret = {"idempotency-key": str(uuid.uuid4())}
    first = run.ask("POST", path + "/keys", {"name": "setting up", "scopes": ["*"], "expires_at": "2099-01-01T00:00:00Z"}, operator, secret)
    key = run.secret(first.json["key"], "a first key")
    tap.equal(code(run.ask("POST", path + "/keys", {"name": "setting up", "scopes": ["*"], "expires_at": "2099-01-01T00:00:00Z"}, operator, secret)), (409, "core/idempotency_secret"),
              "what a first key is, is told once")
    test = run.ask("POST", path + "/keys", {"name": "trying", "scopes": ["*"], "is_test": True}, operator)
    tried = run.ask("GET", "/v1/shipments", key=run.secret(test.json["key"], "a test key"))
    tap.ok(test.json["key"].startswith("hansa_test_") and tried.status == 200, "a test key works in the sandbox", tried)
    for who, key_of, at, status in (("an unknown tenant", operator, "/v1/operator/tenants/" + str(uuid.uuid4()), (404, "operator/tenant_not_found")),
                                    ("a sandbox", operator, "/v1/operator/tenants/" + made["sandbox"]["tenant_id"], (404, "operator/tenant_not_found")),
                                    ("the operator's own", operator, "/v1/operator/tenants/" + run.database.sql("select id from identity.tenant where is_operator;"), (404, "operator/tenant_not_found")),
                                    ("a tenant's key, into its own", own.key, "/v1/operator/tenants/" + own.tenant, (403, "core/forbidden")),
                                    ("an operator's key that reads", run.secret(run.server.operator_key("operator:read"), "an operator's key"), path, (403, "core/forbidden"))):
        got = {code(run.ask("POST", at + place, body, key_of)) for place, body in (("/users", {"email": "x@back.example", "name": "X"}), ("/keys", {"name": "x", "scopes": ["*"]}))}
        tap.equal(got, {status}, "nobody is let in: %s" % who)
    bad = run.ask("POST", path + "/keys", {"name": "x", "scopes": ["operator:read"]}, operator)
    tap.equal(code(bad), (422, "identity/scope_unknown"), "a tenant's key holds nothing of the operator's")
    invited = run.ask("POST", "/v1/users", {"email": "own@%s.example" % slug, "name": "Own", "grants": [{"role": "owner", "reach": "TENANT"}]}, key)
    tap.equal(invited.status, 201, "the first key opens the tenant, and invites its owner")
    for sql in ("select identity.first_user_invite('%s', '{\"actor_kind\": \"KEY\"}', '{}', '', '')" % own.tenant, "select identity.first_key_make('%s', '{}', '{}', '', '', '')" % own.tenant):
        try:
            got = hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; %s;" % (own.tenant, sql))
            tap.ok(False, "who is no operator cannot: " + sql[:40], got)
        except RuntimeError as error:
            tap.ok("core/forbidden" in str(error), "who is no operator cannot: " + sql[:40], error)
    return path


def used_key(tap, run, operator, path):
    """Uses of keys are noted once a minute, and when a server ends: it has been started again since."""
    for place, body in (("/users", {"email": "x@back.example", "name": "X"}), ("/keys", {"name": "x", "scopes": ["*"]})):
        shut, _ = client.eventually(lambda: code(run.ask("POST", path + place, body, operator)) == (409, "identity/tenant_inhabited"), 5)  # noqa: B023
        tap.ok(shut, "once a key of the tenant was used, the operator lets nobody in by %s" % place)


def limits(tap, run, operator, tenant, key):
    given = {"requests_per_minute": 600, "key_requests_per_minute": 300, "storage_bytes": 10 ** 9}
    answer = run.ask("PUT", "/v1/operator/tenants/%s/limits" % tenant, given, operator)
    tap.equal(answer.json["limits"], given, "limits are set")

    def policy():
        return run.ask("GET", "/v1/shipments", key=key).headers.get("ratelimit-policy", "")
    told, _ = client.eventually(lambda: "q=300;" in policy() and "q=600;" in policy(), 3)
    tap.ok(told, "and told within a second to whoever they bind", policy())
    run.ask("PUT", "/v1/operator/tenants/%s/limits" % tenant, {k: None for k in given}, operator)


def usage(tap, run, operator, tenant, key, own):
    path = "/v1/operator/tenants/%s/usage" % tenant
    empty = run.ask("GET", path, key=operator).json
    for _ in range(3):
        run.ask("POST", "/v1/shipments", {"references": [{"kind": "PO", "number": world.unique("PO")}]}, key, {"idempotency-key": str(uuid.uuid4())})
    own.shipment()
    grown = run.ask("GET", path, key=operator).json
    # a shipment, two numbers, its status; the audit's entry, and what the idempotency key keeps
    counted = int(run.database.sql(" union all ".join(
        "select count(*) from %s where tenant_id = '%s'" % (name, tenant) for name in run.database.sql(
            "select c.oid::regclass from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped"
            " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname !~ '^pg_'").split("\n")).join(("select sum(count) from (", ") x;"))))
    tap.ok(empty["rows"] < grown["rows"] == counted and grown["bytes_kept"] > empty["bytes_kept"], "rows and bytes of this tenant alone are counted",
           "%s %s %s" % (empty["rows"], grown["rows"], counted))
    hour = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime())
    before = run.ask("GET", path, key=operator).json
    batch = [{"tenant": tenant, "requests": 5, "refused": 1, "bytes_out": 100}, {"tenant": tenant, "hour": hour, "requests": 2}, {"tenant": str(uuid.uuid4()), "requests": 9}]
    for _ in range(2):
        hansa.psql(run.database.app_url, "select operator.usage_note('%s');" % str(batch).replace("'", '"'))
    after = run.ask("GET", path, key=operator).json
    tap.ok(after["requests"] - before["requests"] >= 14 and after["refused"] - before["refused"] == 2 and after["bytes_out"] - before["bytes_out"] >= 200
           and len(after["hours"]) >= 1, "what servers hand in is added to the hour", "%s %s" % (before, after))
    run.leave()
    run.server.stop()
    run.server.start()
    told = run.ask("GET", "/v1/operator/tenants/%s/usage" % own.tenant, key=operator).json
    tap.ok(told["requests"] > 5 and told["bytes_out"] > 100, "and servers hand in what they count, at the latest when they end", told)
    answer = run.ask("GET", path + "?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z", key=operator)
    tap.ok(answer.status == 422 and client.pointers(answer) == ["from"], "at most 92 days at a time", answer)


def usage_of_all(tap, run, operator, tenant, own):
    """One list for all tenants; what they keep is counted by a job of each."""
    counted = "select count(*) from operator.kept where of_tenant in ('%s', '%s');" % (tenant, own.tenant)
    for one in (tenant, own.tenant):
        hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; select core.api_job('%s', 'operator.kept_count', '{}');" % (one, one))
    tap.ok(hansa.wait_for(lambda: run.database.sql(counted) == "2", 30), "what each tenant keeps is counted by a job")
    hour = "2026-03-01T%02d:00:00Z"
    batch = [{"tenant": tenant, "hour": hour % 1, "requests": 5, "refused": 2, "bytes_out": 10}, {"tenant": own.tenant, "hour": hour % 2, "requests": 7, "refused": 0, "bytes_out": 5},
             {"tenant": tenant, "hour": hour % 9, "requests": 100, "refused": 0, "bytes_out": 0}]
    hansa.psql(run.database.app_url, "select operator.usage_note('%s');" % str(batch).replace("'", '"'))
    span = "hour_from=2026-03-01T00:00:00Z&hour_to=2026-03-01T08:00:00Z"

    def listed(sort, limit=200):
        found, cursor = [], ""
        while cursor is not None:
            answer = run.ask("GET", "/v1/operator/usage?%s&limit=%d&sort=%s%s" % (span, limit, sort, cursor and "&cursor=" + cursor), key=operator)
            found += answer.json["data"]
            cursor = answer.json["next_cursor"]
        return found

    rows = listed("-requests")
    told = {row["tenant"]["tenant_id"]: row for row in rows}
    firms = set(run.database.sql("select id from identity.tenant where not is_operator and sandbox_of is null;").splitlines())
    tap.ok(set(told) == firms and len(rows) == len(firms) > 3, "every tenant is in it once, no sandbox and not the operator's own", rows)
    tap.equal([[row["tenant"]["tenant_id"]] + [row[name] for name in ("requests", "refused", "bytes_out")] for row in rows[:2]], [[own.tenant, 7, 0, 5], [tenant, 5, 2, 10]],
              "with what the hours looked at hold, the most first")
    kept = run.database.sql("select rows_kept || ' ' || bytes_kept from operator.kept where of_tenant = '%s';" % tenant).split()
    tap.ok([str(told[tenant]["rows"]), str(told[tenant]["bytes_kept"])] == kept and int(kept[0]) > 0 and told[tenant]["counted_at"], "and with what was counted last", told[tenant])
    for sort in ("requests", "-requests", "-refused", "bytes_out", "-bytes_kept"):
        name, sign = sort.lstrip("-"), -1 if sort.startswith("-") else 1
        amounts = [sign * (row[name] or 0) for row in listed(sort)]
        tap.equal(amounts, sorted(amounts), "sorted by %s" % sort)
        tap.equal([row["tenant"]["tenant_id"] for row in listed(sort, 2)], [row["tenant"]["tenant_id"] for row in listed(sort)], "and by pages the same, none twice or lost")
    tap.equal(run.ask("GET", "/v1/operator/usage", key=own.key).status, 403, "a tenant's key sees none of it")
    for sql in ("select operator.usages('%s', null, 10, null, null, null, '-requests')" % own.tenant, "select operator.kept_count('%s')" % tenant, "select * from operator.kept"):
        try:
            got = hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; %s;" % (own.tenant, sql))
            tap.ok(False, "a tenant's unit cannot: " + sql[:40], got)
        except RuntimeError as error:
            tap.ok(any(word in str(error) for word in ("operator/not_operator", "core/forbidden", "permission denied")), "a tenant's unit cannot: " + sql[:40], error)


def trail(tap, run, operator, tenant, own):
    """The operator reads what he did and where he was refused, and nobody else does."""
    def entries(query, key=operator):
        found, cursor = [], ""
        while cursor is not None:
            answer = run.ask("GET", "/v1/operator/audit?limit=3&%s%s" % (query, cursor and "&cursor=" + cursor), key=key)
            found += answer.json["data"]
            cursor = answer.json["next_cursor"]
        return found

    mine = "select string_agg(entry_id::text, ' ' order by entry_id desc) from audit.entry e join identity.tenant t on t.id = e.tenant_id where t.is_operator and %s;"
    for query, condition in (("outcome=CHANGED", "outcome = 'CHANGED'"), ("object_id=" + tenant, "object_id = '%s'" % tenant),
                             ("object_kind=tenant&endpoint=operator/tenant_suspend", "endpoint = 'operator/tenant_suspend' and outcome = 'CHANGED'")):
        told, there = [entry["entry_id"] for entry in entries(query)], run.database.sql(mine % condition).split()
        tap.ok(told == there and there, "the operator reads his own trail by %s, over pages, newest first" % query, "%s %s" % (told, there))
    changed = entries("outcome=CHANGED&object_id=" + tenant)
    first, last = changed[-1]["at"], changed[0]["at"]
    tap.equal(([e["at"] for e in entries("object_id=%s&at_from=%s" % (tenant, last))], [e["at"] for e in entries("object_id=%s&at_to=%s" % (tenant, first))]), ([last], []),
              "a begin counts, an end does not")
    actor = changed[0]["actor_id"]
    tap.ok(all(entry["actor_kind"] == "OPERATOR" for entry in changed) and {e["actor_id"] for e in entries("actor_id=" + actor)} == {actor}, "who did it is told, and can be asked for", changed)
    refused = entries("outcome=REFUSED&actor_id=" + actor)
    tap.ok(refused and {entry["code"] for entry in refused} == {"core/forbidden"}, "and where it was refused", refused[:3])
    tap.equal([entry for entry in entries("object_kind=shipment")], [], "nothing of a tenant's stands there")
    tap.equal((run.ask("GET", "/v1/operator/audit", key=own.key).status, run.ask("GET", "/v1/audit", key=operator).status), (403, 403), "each side has its own door")


def main():
    tap = hansa.Tap()
    run = client.Run("operator", max_running_tenant=100)
    with run:
        operator = run.secret(run.server.operator_key(), "the operator's key")
        own = run.world("neighbour", full=False)
        sides(tap, run, operator, own)
        tenant, _, key = tenants(tap, run, operator, own)
        renaming(tap, run, operator, tenant, own)
        first_person(tap, run, operator)
        opened = first_key(tap, run, operator, own)
        limits(tap, run, operator, tenant, key)
        usage(tap, run, operator, tenant, key, own)
        used_key(tap, run, operator, opened)
        usage_of_all(tap, run, operator, tenant, own)
        trail(tap, run, operator, tenant, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
