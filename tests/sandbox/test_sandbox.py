#!/usr/bin/env python3
"""The sandbox: made, suspended and limited with its firm; test keys work in it and nowhere else, live keys and people never; nothing
leaves it; it is in no list, no directory, no measure; it is emptied by a job that a kill does not harm (decision 0049)."""
import glob
import hashlib
import os
import re

import client
import hansa
import people
import world

MANY = 12000  # more than two batches of an emptying


def sandbox_of(tenant):
    return tenant[:14] + "8" + tenant[15:]


def test_key(run, own, scopes=("*",), **more):
    made = own.post("/v1/keys", {"name": "integrator", "scopes": list(scopes), "is_test": True, **more}, 201)
    run.secret(made["key"], "a test key")
    return made


def refusal(answer):
    return answer.status, client.problem_code(answer)


def making(tap, run, operator):
    slug = world.unique("twin-").lower()
    made = run.ask("POST", "/v1/operator/tenants", {"slug": slug, "name": "Twins", "zone": "Asia/Shanghai"}, operator).json
    tenant, sandbox = made["tenant_id"], sandbox_of(made["tenant_id"])
    row = "select slug || ' ' || zone || ' ' || status || ' ' || coalesce(requests_per_minute, 0) || ' ' || coalesce(key_requests_per_minute, 0) || ' ' || coalesce(storage_bytes, 0) " \
          "from identity.tenant where sandbox_of = '%s' and id = '%s';" % (tenant, sandbox)
    tap.equal(run.database.sql(row), slug + ".sandbox Asia/Shanghai ACTIVE 0 0 0", "a tenant is made with its sandbox")
    tap.equal(made["sandbox"]["tenant_id"], sandbox, "which the operator sees as a part of it")
    roles = "select string_agg(role || scopes::text, ' ' order by role) from identity.role where tenant_id = '%s';"
    filled = hansa.wait_for(lambda: run.database.sql(roles % sandbox) == run.database.sql(roles % tenant) != "", 20)
    tap.ok(filled, "and is filled with its roles", run.database.sql(roles % sandbox))
    run.ask("PUT", "/v1/operator/tenants/%s/limits" % tenant, {"requests_per_minute": 601, "key_requests_per_minute": 300, "storage_bytes": None}, operator)
    tap.equal(run.database.sql(row), slug + ".sandbox Asia/Shanghai ACTIVE 61 30 0", "it has a tenth of the limits, rounded up")
    shown = run.ask("GET", "/v1/operator/tenants/" + tenant, key=operator).json["sandbox"]["limits"]
    tap.equal(shown, {"requests_per_minute": 61, "key_requests_per_minute": 30, "storage_bytes": None}, "and they are told")
    key = run.secret(run.server.key(slug, "all", "--test"), "a test key")
    policy = run.ask("GET", "/v1/shipments", key=key).headers["ratelimit-policy"]
    tap.ok("q=30;" in policy and "q=61;" in policy, "its keys are held to them", policy)
    run.ask("PUT", "/v1/operator/tenants/%s/limits" % tenant, {"requests_per_minute": None, "key_requests_per_minute": None, "storage_bytes": None}, operator)
    usual, _ = client.eventually(lambda: "q=1000000;" in run.ask("GET", "/v1/shipments", key=key).headers["ratelimit-policy"], 5)
    tap.ok(usual, "where nothing is agreed, to a tenth of what is usual")
    for method, path, body in (("POST", "/suspend", {"reason": "x"}), ("PUT", "/limits", {"requests_per_minute": 1, "key_requests_per_minute": 1, "storage_bytes": 1}),
                               ("GET", "", None), ("GET", "/usage", None)):
        answer = run.ask(method, "/v1/operator/tenants/" + sandbox + path, body, operator)
        tap.equal(answer.status, 404, "it is no tenant of its own to %s" % (path or "look at"), answer)
    run.ask("POST", "/v1/operator/tenants/%s/suspend" % tenant, {"reason": "unpaid"}, operator)
    shut, took = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=key).status == 401, 5)
    tap.ok(shut and run.database.sql(row).split()[2] == "SUSPENDED", "a suspended tenant's sandbox is shut with it", "after %.2f s" % took)
    run.ask("POST", "/v1/operator/tenants/%s/resume" % tenant, key=operator)
    back, _ = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=key).status == 200, 5)
    run.server.admin("tenant", "suspend", slug)
    tap.ok(back and run.database.sql(row).split()[2] == "SUSPENDED", "resumed with it, and suspended with it from the command line too")
    listed = run.server.admin("tenant", "list").stdout
    told = run.ask("GET", "/v1/operator/tenants?limit=200", key=operator).body.decode()
    tap.ok(slug in listed and "sandbox" not in listed and sandbox not in listed and '"%s.sandbox"' % slug not in told, "no list of tenants has it", listed)
    done = run.server.admin("key", "create", "--operator", "--test", "--scopes", "operator:read", check=False)
    tap.ok(done.returncode == 1 and "hansa_test_" not in done.stdout, "the operator's own tenant has none, and no test key", done.stdout + done.stderr)


def keys(tap, run, own, neighbour):
    """Both directions, for a key made by the API, one from the command line, and one that was made before there were sandboxes."""
    sandbox = sandbox_of(own.tenant)
    made = test_key(run, own)
    typed = run.secret(run.server.key(own.slug, "all", "--test"), "a test key")
    old = run.secret(world.forge_key(tenant=own.tenant, prefix="hansa_test_"), "a test key")
    key_id = run.database.sql("insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes, is_test) values "
                              "('%s', core.uuidv7(), '%s', 'old', 'hansa_test_', '\\x%s', '{*}', true) returning api_key_id;"
                              % (own.tenant, old[34:42], hashlib.sha256(old.encode()).hexdigest()))
    run.database.sql("insert into identity.sandbox_key select '%s', api_key_id, tenant_id, name, scopes from identity.api_key where api_key_id = '%s';" % (sandbox, key_id))
    live = own.shipment()
    for what, key in (("a key of the API", made["key"]), ("a key of the command line", typed), ("a key from before", old)):
        answer = run.ask("POST", "/v1/shipments", {"references": [{"kind": "PO", "number": world.unique("TRY")}]}, key)
        number = answer.json["tracking_number"]
        where = run.database.sql("select tenant_id from orders.shipment where tracking_number = '%s';" % number)
        tap.equal((answer.status, where), (201, sandbox), "%s works in the sandbox" % what)
        strangers = [run.ask("GET", "/v1/tracking/" + number, key=k).status for k in (own.key, neighbour.key)]
        tap.equal(strangers, [404, 404], "where neither the firm nor anybody else sees it")
        tap.equal([run.ask("GET", "/v1/tracking/" + live["tracking_number"], key=key).status,
                   live["shipment_id"] in run.ask("GET", "/v1/shipments?limit=200", key=key).body.decode()], [404, False], "and it sees nothing of the firm's")
    event = {"number": number, "source_event_id": "1", "code": "DEP", "event_time": "2026-03-10T10:42:00Z"}
    answer = run.ask("POST", "/v1/tracking/events", {"events": [event]}, made["key"])
    source = run.database.sql("select source from tracking.event where tenant_id = '%s';" % sandbox)
    tap.equal((answer.status, source), (200, "integrator"), "what it tells is filed under its name")
    forged = world.forge_key(tenant=sandbox, reference=own.key[34:42], secret=own.key[43:75])
    tap.equal(run.ask("GET", "/v1/shipments", key=run.secret(forged, "a forged key")).status, 401, "a live key cannot name a sandbox")
    answer = run.ask("POST", "/v1/roles", {"role": world.unique("role_").lower(), "name": "Tried", "scopes": ["orders:read"]}, made["key"])
    beyond = run.ask("POST", "/v1/roles", {"role": world.unique("role_").lower(), "name": "Tried", "scopes": ["orders:write"]},
                     test_key(run, own, ("identity:roles", "orders:read"))["key"])
    tap.equal((answer.status, refusal(beyond)), (201, (403, "identity/more_than_held")), "within the sandbox it gives what it holds and no more", beyond)
    answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"], "is_test": True}, made["key"])
    tap.equal(refusal(answer), (409, "sandbox/not_here"), "it makes no keys", answer)
    listed = {k["key_id"]: k for k in own.get("/v1/keys?limit=200").json["data"]}
    tap.ok(listed[made["key_id"]]["is_test"] and listed[made["key_id"]]["created_by"] and key_id in listed, "the firm lists it", listed.get(made["key_id"]))
    tap.equal((run.ask("GET", "/v1/keys", key=made["key"]).json["data"], run.ask("GET", "/v1/keys/" + made["key_id"], key=made["key"]).status), ([], 404), "the sandbox does not")
    used = hansa.wait_for(lambda: own.get("/v1/keys/" + made["key_id"]).json["last_used_at"], 60, 0.5)
    tap.ok(used, "and sees when it was used", used)
    seen = [hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; select count(*) from identity.sandbox_key;" % tenant)
            for tenant in (own.tenant, sandbox, neighbour.tenant, sandbox_of(neighbour.tenant))]
    tap.ok(seen[0] == seen[1] != "0" and seen[2:] == ["0", "0"], "the list of a firm's test keys is seen by it and its sandbox alone", seen)
    for tenant in (sandbox, neighbour.tenant):
        try:
            hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; insert into identity.sandbox_key (sandbox, api_key_id, of_tenant, name, scopes) "
                       "values ('%s', '%s', '%s', 'x', '{*}');" % (tenant, sandbox, own.tenant, own.tenant))
            tap.ok(False, "and written by nobody but the firm")
        except RuntimeError as error:
            tap.ok("row-level security" in str(error), "and written by nobody but the firm", error)
    turned = own.post("/v1/keys/%s/rotate" % made["key_id"], {"overlap_hours": 0})
    run.secret(turned["key"], "a rotated key")
    gone, _ = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=made["key"]).status == 401, 5)
    tap.ok(gone and run.ask("GET", "/v1/tracking/" + number, key=turned["key"]).status == 200, "rotates it")
    run.ask("DELETE", "/v1/keys/" + made["key_id"], key=own.key)
    gone, took = client.eventually(lambda: run.ask("GET", "/v1/shipments", key=turned["key"]).status == 401, 5)
    tap.ok(gone and took < 1.5, "and revokes it", "%.2f s" % took)
    noted = run.database.sql("select string_agg(endpoint, ' ' order by entry_id) from audit.entry where tenant_id = '%s' and object_id = '%s';" % (own.tenant, made["key_id"]))
    tap.equal(noted, "identity/key_create identity/key_rotate identity/key_revoke", "all on record with the firm")
    return typed


def nobody_inside(tap, run, own, key):
    """It has no people: whoever is made there gets no link and cannot sign in."""
    address = run.canary(world.unique("tried").lower() + "@canary.example", "a person's address")
    made = run.ask("POST", "/v1/users", {"email": address, "name": run.canary("Canary Tried", "a name")}, key)
    sandbox = sandbox_of(own.tenant)
    links = run.database.sql("select count(*) from identity.outgoing_link where tenant_id = '%s';" % sandbox)
    left = own.get("/v1/sandbox/outgoing").json["data"]
    tap.ok(made.status == 201 and links == "0" and [(o["kind"], o["recipient"]) for o in left] == [("INVITATION", address)], "an invitation ends as a row that the firm reads", left)
    tap.ok("http" not in left[0]["head"] and "Invitation" in left[0]["head"], "which tells no link", left)
    run.ask("POST", "/v1/users/%s/invitations" % made.json["user_id"], key=key)
    for what, asker in (("the firm", own.key), ("a test key", key)):
        pages = [run.ask("GET", "/v1/sandbox/outgoing?limit=1&kind=INVITATION", key=asker).json]
        pages.append(run.ask("GET", "/v1/sandbox/outgoing?limit=1&kind=INVITATION&cursor=" + pages[0]["next_cursor"], key=asker).json)
        tap.ok([len(p["data"]) for p in pages] == [1, 1] and pages[1]["next_cursor"] is None, "%s reads it in pages" % what, pages)
    for slug in (own.slug + ".sandbox", own.slug):
        answer = run.ask("POST", "/v1/session", {"tenant": slug, "email": address, "password": people.PASSWORD})
        tap.ok(answer.status in (401, 422), "nobody signs in as somebody of %s" % slug, answer)
    for sql in ("insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, address) values ('%s', core.uuidv7(), '%s', sha256('x'), 60, now(), '192.0.2.7')" % (sandbox, made.json["user_id"]),
                "insert into partners.organisation (org_id, legal_name, of_tenant, is_listed) values (core.uuidv7(), 'X', '%s', false)" % sandbox,
                "insert into alliances.member (alliance_id, member_tenant, org_id, roles, state) values (core.uuidv7(), '%s', core.uuidv7(), '{HUB}', 'ACTIVE')" % sandbox,
                "insert into operator.usage_hour (of_tenant, hour) values ('%s', date_trunc('hour', now(), 'UTC'))" % sandbox):
        try:
            run.database.sql(sql)
            tap.ok(False, "the tables know it, too: " + sql[:60])
        except RuntimeError as error:
            tap.ok("_not_sandbox" in str(error), "the tables know it, too: " + sql[:60], error)


def nothing_outside(tap, run, own, neighbour, key):
    """No alliance, no directory, no tender to others, no document, no usage."""
    sandbox = sandbox_of(own.tenant)
    answers = {"enters no organisation": run.ask("POST", "/v1/organisations", {"legal_name": "Entered", "country": "NL", "scac": "QQZZ"}, key),
               "has no entry to change": run.ask("PATCH", "/v1/organisations/own", {"legal_name": "X"}, key, {"if-match": '"1"', "content-type": "application/merge-patch+json"})}
    for what, answer in answers.items():
        tap.equal(refusal(answer), (409, "sandbox/not_here"), "it %s" % what, answer)
    for sql in ("alliances.alliance_create('%s', '{}', '{}')" % sandbox, "alliances.tender_create('%s', null, '{}', null, '{\"alliance_id\": \"%s\"}')" % (sandbox, own.tenant)):
        try:
            run.database.sql("begin; set local role hansa_app; set local hansa.tenant_id = '%s'; select %s; rollback;" % (sandbox, sql))
            tap.ok(False, "it has no part in alliances: " + sql[:30])
        except RuntimeError as error:
            tap.ok("sandbox/not_here" in str(error), "it has no part in alliances: " + sql[:30], error)
    tap.equal([run.ask("GET", path, key=key).json["data"] for path in ("/v1/alliances", "/v1/exchange/documents")], [[], []], "and sees none")
    told = run.database.sql("begin; set local role hansa_app; set local hansa.tenant_id = '%s'; select exchange.api_document_send('%s', '%s', '%s', 'STATUS', 'OWNER', '%s', "
                            "'{\"events\": []}') is null; commit;" % (sandbox, sandbox, neighbour.tenant, neighbour.tenant, own.tenant))
    newest = own.get("/v1/sandbox/outgoing").json["data"][0]
    tap.ok(told == "t" and (newest["kind"], newest["recipient"]) == ("STATUS", neighbour.tenant) and "events" in newest["head"], "a document ends as a row", newest)
    hansa.psql(run.database.app_url, "select operator.usage_note('[{\"tenant\": \"%s\", \"requests\": 5}]');" % sandbox)
    run.leave()
    run.server.stop()  # which hands in what was counted
    run.server.start()
    counted = run.database.sql("select string_agg(distinct t.slug, ' ') from operator.usage_hour u join identity.tenant t on t.id = u.of_tenant;")
    tap.ok(own.slug in counted and "sandbox" not in counted, "what is done there counts for nobody", counted)


def edi_test(tap, run, own, key):
    """Usage T: kept and applied to nothing with the firm; a step applies it to the sandbox; there T and P alike are applied."""
    pro, load = world.unique("EP"), world.unique("EL")
    text = world.edi_214(control=next(world._unique), sets=[(pro, load, [("AF", "20260301", "0900", "CT", "JOLIET", "IL")])])
    trial = text.replace("*0*P*:", "*0*T*:").encode()
    kept = run.ask("POST", "/v1/edi/messages", trial, own.key, world.EDI).json
    tap.equal((kept["verdict"], kept["steps"], own.get("/v1/tracking/" + pro).status), ("TEST", ["apply-to-sandbox"], 404), "a test is kept and applied to nothing")
    answer = run.ask("POST", "/v1/edi/messages/%s/apply-to-sandbox" % kept["message_id"], key=own.key)
    tap.ok(answer.status == 200 and answer.json["verdict"] == "ACCEPTED" and answer.json["message_id"] != kept["message_id"], "a step applies it to the sandbox", answer)
    tap.equal((own.get("/v1/tracking/" + pro).status, run.ask("GET", "/v1/tracking/" + pro, key=key).status), (404, 200), "where it is found, and not with the firm")
    tap.equal(own.get("/v1/edi/messages/" + kept["message_id"]).json["verdict"], "TEST", "in the firm's books it stays a test")
    again = run.ask("POST", "/v1/edi/messages/%s/apply-to-sandbox" % kept["message_id"], key=own.key).json
    content = run.ask("GET", "/v1/edi/messages/%s/content" % again["message_id"], key=key)
    tap.ok(again["verdict"] == "DUPLICATE" and content.body == trial, "the same again is a duplicate there, kept byte for byte", again["verdict"])
    noted = run.database.sql("select count(*) from audit.entry where tenant_id = '%s' and object_id = '%s' and changes ->> 'step' = 'apply-to-sandbox';" % (own.tenant, kept["message_id"]))
    tap.equal(noted, "2", "each time on record with the firm")
    live = run.ask("POST", "/v1/edi/messages", text.encode(), own.key, world.EDI).json
    answer = run.ask("POST", "/v1/edi/messages/%s/apply-to-sandbox" % live["message_id"], key=own.key)
    tap.ok(live["verdict"] == "ACCEPTED" and refusal(answer) == (409, "exchange/message_status"), "what counted is not tried", answer)
    for usage in "PT":
        pro = world.unique("EP")
        text = world.edi_214(control=next(world._unique), sets=[(pro, world.unique("EL"), [("AF", "20260301", "0900", "CT", "JOLIET", "IL")])]).replace("*0*P*:", "*0*%s*:" % usage)
        answer = run.ask("POST", "/v1/edi/messages", text.encode(), key, world.EDI).json
        tap.equal((answer["verdict"], run.ask("GET", "/v1/tracking/" + pro, key=key).status), ("ACCEPTED", 200), "sent with a test key, usage %s is applied" % usage)


def left_in(run, tenant):
    """{table: rows} of a tenant, of every walled table."""
    tables = run.database.sql("select c.oid::regclass from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped "
                              "join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname !~ '^pg_'").split("\n")
    lines = run.database.sql(" union all ".join("select '%s ' || count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0) from %s t where tenant_id = '%s'" % (t, t, tenant) for t in tables))
    return {line.split()[0]: line.split()[1:] for line in lines.split("\n")}


def emptied(run, own):
    return hansa.wait_for(lambda: (own.get("/v1/sandbox").json["emptying"] or {}).get("status") == "ENDED", 120, 0.1)


def emptying(tap, run, own, key):
    sandbox = sandbox_of(own.tenant)
    program = own.post("/v1/programs", {"name": "Circle", "points_name": "Thaler", "earn_basis": "SHIPMENTS", "rate": "10",
                                        "tiers": [{"code": "GOLD", "name": "Gold", "qualify": "10"}]}, 201)["program_id"]
    reward = own.post("/v1/rewards", {"program_id": program, "name": "Tea", "points": 10}, 201)["reward_id"]
    unit = own.post("/v1/units", {"name": world.unique("Unit ")}, 201)["unit_id"]
    below = own.post("/v1/units", {"name": world.unique("Unit "), "parent_id": unit}, 201)["unit_id"]
    run.ask("POST", "/v1/units", {"name": "Tried", "parent_id": run.ask("POST", "/v1/units", {"name": "Above"}, key).json["unit_id"]}, key)
    answer = run.ask("POST", "/v1/shipments", {"customer": {"code": "TRY", "name": "Tried"}, "references": [{"kind": "PO", "number": "EMPTY-ME"}]}, key)
    photo = b"\xff\xd8\xff\xe0" + os.urandom(58) + b"\xff\xd9"
    run.ask("POST", "/v1/files?name=a.jpg&shipment_id=" + answer.json["shipment_id"], photo, key, {"content-type": "image/jpeg"})
    run.database.sql("insert into core.event (tenant_id, event_id, type, object_kind, object_id, data) select '%s', core.uuidv7(), 'core.probe.made', 'probe', core.uuidv7(), '{}' "
                     "from generate_series(1, %d);" % (sandbox, MANY))
    was_stored = [name for _, _, names in os.walk(os.path.join(run.server.place, "files", sandbox)) for name in names if len(name) > 30]
    firm = left_in(run, own.tenant)
    reader = run.secret(run.server.key(own.slug, "sandbox:read", "--test"), "a test key")
    tap.equal(run.ask("POST", "/v1/sandbox/empty", key=reader).status, 403, "who may only look does not empty it")
    run.leave()
    run.server.stop()  # whose log is whole then; what is killed may not have written its last line, so it is asked past the run
    run.server.start()
    held = hansa.Held(run.database, "select from orders.shipment where tenant_id = '%s' for update" % sandbox)
    asked = run.server.request("POST", "/v1/sandbox/empty", key=key)
    tap.ok(asked.status == 202 and asked.json["emptying"]["status"] in ("WAITING", "RUNNING") and asked.headers["location"] == "/v1/sandbox", "a test key has its sandbox emptied", asked)
    begun = hansa.wait_for(lambda: int(run.database.sql("select rows_deleted from sandbox.emptying where tenant_id = '%s';" % sandbox)) >= MANY // 5000 * 5000, 60, 0.1)
    run.server.kill()
    run.server.start()
    held.release()
    state = own.get("/v1/sandbox").json
    tap.ok(begun and state["emptying"]["status"] == "RUNNING" and state["steps"] == [], "it goes batch by batch, and was killed at one that waited for a lock", state)
    again = run.ask("POST", "/v1/sandbox/empty", key=own.key)
    tap.equal(again.status, 202, "asked for once more, it goes on", again)
    done = emptied(run, own)
    state = own.get("/v1/sandbox").json
    tap.ok(done and state["emptying"]["rows_deleted"] >= MANY and state["steps"] == ["empty"], "until it is empty, with every row counted", state)
    now = {table: rows for table, rows in left_in(run, sandbox).items() if rows[0] != "0" and not table.startswith("audit.")}
    store = os.path.join(run.server.place, "files", sandbox)
    swept = hansa.wait_for(lambda: not [name for _, _, names in os.walk(store) for name in names if len(name) > 30], 60, 0.5)
    tap.ok(was_stored and swept, "the bytes of its files leave the store", [names for _, _, names in os.walk(store)])
    settings = set(run.database.sql("select table_name from core.setting;").split("\n"))
    tap.ok(set(now) <= settings | {"sandbox.emptying", "core.event", "core.idempotency"}, "nothing is left but settings and how it went", now)
    then = left_in(run, own.tenant)
    moved = {t for t in firm if firm[t] != then[t]} - {"audit.entry", "audit.origin", "audit.salt", "audit.seal", "audit.head", "core.event", "identity.api_key", "insight.snapshot", "insight.grade"}
    tap.equal(moved, set(), "of the firm's rows none has moved")
    same = [run.ask("GET", path, key=key).status for path in ("/v1/programs/" + program, "/v1/rewards/" + reward, "/v1/programs/%s/versions" % program)]
    units = run.database.sql("select count(*) from identity.org_unit where tenant_id = '%s' and unit_id in ('%s', '%s');" % (sandbox, unit, below))
    tap.equal((same, units), ([200] * 3, "2"), "and the firm's settings are there, under their ids")
    member = run.ask("POST", "/v1/shipments", {"customer": {"code": "TRY", "name": "Tried"}}, key)
    tap.equal(member.status, 201, "it can be worked in again with the same key", member)
    own.post("/v1/sandbox/empty", None, 202)
    tap.ok(emptied(run, own) and run.ask("GET", "/v1/shipments", key=key).json["data"] == [], "staff have it emptied too")
    noted = run.database.sql("select count(*) from audit.entry where tenant_id = '%s' and object_kind = 'sandbox';" % own.tenant)
    inside = run.database.sql("select string_agg(distinct changes ->> 'emptying', ', ' order by changes ->> 'emptying') from audit.entry where tenant_id = '%s' and object_kind = 'sandbox';" % sandbox)
    tap.ok(int(noted) >= 2 and inside == "asked for, done", "on record with the firm and inside", "%s %s" % (noted, inside))
    for tenant, what in ((own.tenant, "a firm"), (sandbox, "another's sandbox")):
        try:
            run.database.sql("begin; set local role hansa_app; set local hansa.tenant_id = '%s'; select sandbox.rows_delete('%s', 10); rollback;"
                             % (own.tenant, tenant))
            tap.ok(False, "what deletes touches nothing of %s" % what)
        except RuntimeError as error:
            tap.ok("sandbox/not_here" in str(error), "what deletes touches nothing of %s" % what, error)


def every_table(tap, run):
    """A table that refers to another is emptied before it; each walled table is emptied or named."""
    order = run.database.sql("select string_agg(t::text, ' ') from sandbox.tables_to_empty() t;").split()
    walled = set(left_in(run, "00000000-0000-8000-8000-000000000000"))
    spared = walled - set(order)
    tap.ok({t.split(".")[0] for t in spared - {"sandbox.emptying"}} == {"audit"}, "every walled table is emptied but the audit's", spared)
    pairs = run.database.sql("select conrelid::regclass || ' ' || confrelid::regclass from pg_constraint where contype = 'f' and conrelid <> confrelid").split("\n")
    wrong = [p for p in pairs if set(p.split()) <= set(order) and order.index(p.split()[0]) > order.index(p.split()[1])]
    tap.equal(wrong, [], "each behind those that refer to it")
    unknown = set(run.database.sql("select table_name from core.setting;").split("\n")) - walled
    tap.ok(not unknown and re.fullmatch(r"[\w. ]+", " ".join(order)), "settings are tables that there are", unknown)


def tenants_from_before(tap):
    """The migration, over a firm with a live and a test key and the operator's own tenant."""
    old = hansa.Database("t_%d_before" % os.getpid())
    with open(os.path.join(hansa.ROOT, "deploy", "database.sql"), encoding="utf-8") as file:
        ground = file.read()
    files = sorted(glob.glob(os.path.join(hansa.ROOT, "migrations", "[0-9]*.sql")))
    firm, operators = "01a00000-0000-7000-8000-00000000000a", "01a00000-0000-7000-8000-00000000000c"
    hansa.psql(old.admin, 'create database "%s" owner hansa_owner' % old.name)
    try:
        hansa.psql(old.super_url, ground)
        for path in files:
            if path.endswith("_sandbox.sql"):
                old.sql("insert into core.zone (zone) values ('UTC'); insert into identity.tenant (id, slug, name, is_operator, requests_per_minute, status) values ('%s', 'acme', 'Acme', false, 15, 'SUSPENDED'), "
                        "('%s', 'operator', 'Operator', true, null, 'ACTIVE');"
                        "insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes, is_test) "
                        "select '%s', gen_random_uuid(), k, k, 'x', sha256(k::bytea), '{*}', k = 'ref0test' from unnest('{ref0live,ref0test}'::text[]) k;"
                        % (firm, operators, firm))
            with open(path, encoding="utf-8") as file:
                hansa.psql(old.owner_url, "begin;\n%s\ncommit;" % file.read())
        made = old.sql("select id || ' ' || slug || ' ' || status || ' ' || requests_per_minute from identity.tenant where sandbox_of is not null;")
        tap.equal(made, sandbox_of(firm) + " acme.sandbox SUSPENDED 2", "each firm that was there gets a sandbox, and the operator's tenant none")
        tap.equal(old.sql("select sandbox || ' ' || of_tenant || ' ' || name from identity.sandbox_key;"), "%s %s ref0test" % (sandbox_of(firm), firm),
                  "which knows the test key that was there, and no live one")
        tap.equal(old.sql("select of_tenant || ' ' || kind from core.job;"), firm + " sandbox.settle", "and is to be filled")
        forced = old.sql("select string_agg(c.oid::regclass::text, ' ') from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' "
                         "where c.relkind = 'r' and not c.relforcerowsecurity and c.relnamespace <> 'pg_catalog'::regnamespace;")
        tap.equal(forced, "", "every wall stands again")
    finally:
        old.__exit__()


def main():
    tap = hansa.Tap()
    tenants_from_before(tap)
    with client.Run("sandbox", files_orphan_s=5) as run:
        operator = run.secret(run.server.operator_key(), "the operator's key")
        making(tap, run, operator)
        own, neighbour = run.world("acme", full=False), run.world("neighbour", full=False)
        key = keys(tap, run, own, neighbour)
        nobody_inside(tap, run, own, key)
        edi_test(tap, run, own, key)
        every_table(tap, run)
        nothing_outside(tap, run, own, neighbour, key)
        emptying(tap, run, own, key)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
