#!/usr/bin/env python3
"""Duties at work (issue 8.2, decision 0046): who does what in a small firm, from the order to the invoice; what opens the operator's
endpoints is given to no tenant, at every door where scopes are given; nobody gives or takes more than he holds; an owner is protected
from all below; what a firm made itself before there were duties keeps what it could do."""
import os
import uuid

import client
import hansa
import world

MERGE = {"if-match": "*", "content-type": "application/merge-patch+json"}


class Firm:
    """A tenant and its people, each signed in."""

    def __init__(self, run, slug):
        self.run, self.own = run, world.World(run, slug, full=False)
        self.sessions = {}

    def who(self, role, grants=None):
        """A new person with a role over the whole tenant (or these grants); gives a session."""
        user = self.own.user_row(world.unique(role + "-").lower() + "@canary.example")
        for grant in [role] if grants is None else grants:
            self.own.grant(user, grant)
        return self.own.signed_in(None, 1, user)[0]

    def desk(self, *roles):
        self.sessions.update((role, self.who(role)) for role in roles)

    def ask(self, who, method, path, body=None, headers=None):
        """`who` is a role, a session or a key."""
        session = self.sessions.get(who, who) if isinstance(who, str) else who
        if isinstance(session, str):
            return self.run.ask(method, path, body, session, headers)
        return self.run.ask(method, path, body, headers={**session.headers(), **(headers or {})})

    def codes(self, cells):
        """[(who, status)] of requests (who, method, path, body)."""
        return [(who, self.ask(who, *request).status) for who, *request in cells]


def refused(tap, answer, code, what, pointer=None, status=403):
    tap.ok((answer.status, client.problem_code(answer)) == (status, code) and (pointer is None or client.pointers(answer) == [pointer]), what, answer)


# --- who does what ---

def at_work(tap, run):
    firm = Firm(run, "atwork")
    firm.desk("manager", "sales", "customer_service", "dispatcher", "finance", "viewer")
    account = firm.ask("sales", "POST", "/v1/accounts", {"name": "Customer"}).json["account_id"]
    credit, given = "/v1/accounts/%s/credit" % account, {"grade": "B", "limit": "1000.00", "currency": "EUR", "hold": "GOOD"}
    for who in ("sales", "customer_service", "dispatcher", "viewer"):
        refused(tap, firm.ask(who, "PUT", credit, {**given, "limit": "999999.00"}, {"if-match": "*"}), "core/forbidden", "%s sets nobody's credit" % who)
    tap.equal(firm.ask("finance", "PUT", credit, given, {"if-match": "*"}).status, 200, "finance does")
    order = firm.ask("sales", "POST", "/v1/orders", {"account_id": account, "destination": {"city": "Gent"}, "price": {"amount": "5000.00", "currency": "EUR"}}).json
    tap.equal(order["state"], "CREDIT_HOLD", "sales books an order that is beyond it, and it is held")
    at = "/v1/orders/" + order["order_id"]
    for who in ("sales", "customer_service", "dispatcher", "viewer"):
        refused(tap, firm.ask(who, "POST", at + "/release", {"reason": "Please"}), "core/forbidden", "%s does not let it go" % who)
    tap.equal(firm.ask("finance", "POST", at + "/release", {"reason": "Paid in advance"}).json["state"], "SUBMITTED", "finance does")
    raised = firm.ask("sales", "PATCH", at, {"price": {"amount": "9000.00", "currency": "EUR"}}, {"if-match": "*"})
    tap.ok(raised.status == 200 and raised.json["state"] == "CREDIT_HOLD" and raised.json["hold"]["released_at"] is None,
           "a release was for the price that it saw: a higher one is held again", raised)
    tap.equal(firm.ask("manager", "POST", at + "/release", {"reason": "Paid that too"}).json["state"], "SUBMITTED", "a manager lets it go, too")
    tap.equal(firm.codes([("finance", "POST", at + "/confirm", {}), ("sales", "POST", at + "/confirm", {}), ("customer_service", "POST", at + "/confirm", {})]),
              [("finance", 403), ("sales", 403), ("customer_service", 200)], "customer service confirms it")
    number = run.database.sql("select tracking_number from orders.shipment where order_id = '%s';" % order["order_id"])
    events = {"events": [firm.own.event(code, "2026-03-10T1%d:00:00Z" % n, number=number) for n, code in enumerate(("PUP", "DLV"))]}
    tap.equal(firm.codes([("finance", "POST", "/v1/tracking/events", events), ("sales", "POST", "/v1/tracking/events", events),
                          ("dispatcher", "POST", "/v1/tracking/events", events)]), [("finance", 403), ("sales", 403), ("dispatcher", 200)], "a dispatcher has it delivered")
    bill = {"invoice_number": "RE-1"}
    delivered, _ = client.eventually(lambda: firm.ask("finance", "GET", at).json["state"] == "DELIVERED", 60)
    tap.ok(delivered, "the order is delivered")
    tap.equal(firm.codes([(who, "POST", at + "/invoice", bill) for who in ("sales", "customer_service", "dispatcher", "finance")]),
              [("sales", 403), ("customer_service", 403), ("dispatcher", 403), ("finance", 200)], "finance invoices it")
    tap.equal(firm.codes([("dispatcher", "POST", at + "/close", {}), ("finance", "POST", at + "/close", {})]), [("dispatcher", 403), ("finance", 200)], "and closes it")
    for who in ("finance", "dispatcher", "sales"):
        task = firm.ask(who, "POST", "/v1/tasks", {"title": "Call about RE-1"})
        done = firm.ask(who, "POST", "/v1/tasks/%s/complete" % task.json["task_id"])
        noted = firm.ask(who, "POST", "/v1/interactions", {"account_id": account, "channel": "PHONE", "direction": "OUT", "summary": "Called.", "occurred_at": "2026-03-10T10:00:00Z"})
        tap.equal((task.status, done.status, noted.status), (201, 200, 201), "%s has tasks, and notes talks" % who, noted)
    program = {"name": "Circle", "points_name": "Points", "earn_basis": "SHIPMENTS", "rate": "10", "tiers": [{"code": "GOLD", "name": "Gold", "qualify": "10"}]}
    tap.equal(firm.codes([(who, "POST", "/v1/programs", program) for who in ("customer_service", "sales", "finance", "manager")]),
              [("customer_service", 403), ("sales", 403), ("finance", 403), ("manager", 201)], "a manager sets the terms of a program")
    made = firm.own.get("/v1/programs").json["data"][0]["program_id"]
    tap.equal(firm.codes([("customer_service", "PATCH", "/v1/programs/" + made, {"rate": "1000"})]), [("customer_service", 403)], "customer service does not change them")
    member = firm.ask("customer_service", "POST", "/v1/members", {"program_id": made, "account_id": account, "status": "ENROLLED"})
    earn = "/v1/members/%s/points" % member.json["member_id"]
    tap.equal((member.status, firm.ask("customer_service", "POST", earn, {"points": 10 ** 6, "reason": "x"}, {"idempotency-key": '"%s"' % uuid.uuid4()}).status), (201, 403),
              "it enrols members, and makes no points")
    lead = {"name": "A", "purpose": "B", "mode": "STANDING", "own_roles": ["REQUESTING"], "charter": {"text": "x", "roles": [{"role": "REQUESTING"}, {"role": "TRUNK"}]}}
    tap.equal(firm.codes([("dispatcher", "POST", "/v1/alliances", lead), ("manager", "POST", "/v1/alliances", lead), (firm.who("owner"), "POST", "/v1/alliances", lead)]).pop()[1], 201,
              "an owner binds the firm to an alliance")
    tap.equal(firm.codes([(w, "POST", "/v1/alliances", lead) for w in ("dispatcher", "manager")]), [("dispatcher", 403), ("manager", 403)], "nobody else does")


# --- what is given to no tenant ---

def operators_scopes(tap, run):
    firm = Firm(run, "noops")
    own = firm.own
    role = own.role("orders:read")
    doors = {"a key": ("POST", "/v1/keys", {"name": "x"}, None), "a role": ("POST", "/v1/roles", {"role": "ops", "name": "X"}, None),
             "a change of a role": ("PATCH", "/v1/roles/" + role, {}, MERGE)}
    for scope in ("operator:*", "operator:read", "operator:write"):
        for what, (method, path, body, headers) in doors.items():
            answer = run.ask(method, path, {**body, "scopes": ["orders:read", scope]}, own.key, headers)
            told = answer.json.get("detail", "")
            tap.ok(answer.status == 422 and client.problem_code(answer) == "identity/scope_unknown" and client.pointers(answer) == ["/scopes/1"]
                   and "orders:release" in told and "operator:" not in told, "%s with %s is refused, and told what there is" % (what, scope), answer)
        done = run.server.admin("key", "create", "--tenant", own.slug, "--scopes", scope, check=False)
        tap.ok(done.returncode == 2 and "no endpoint of a tenant" in done.stderr, "hansa admin makes a tenant no key with %s" % scope, done.stderr)
    done = run.server.admin("key", "create", "--operator", "--scopes", "orders:read", check=False)
    tap.ok(done.returncode == 2 and "operator:read" in done.stderr, "nor the operator one with a tenant's", done.stderr)
    for sql in ("insert into identity.role (tenant_id, role, name, audience, scopes) values ('$T', 'ops', 'X', 'STAFF', '{orders:read,operator:read}')",
                "update identity.role set scopes = '{operator:*}' where role = '%s'" % role):
        try:
            hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; %s;" % (own.tenant, sql.replace("$T", own.tenant)))
            tap.ok(False, "the table takes none either", sql)
        except RuntimeError as error:
            tap.ok("role_scopes_of_tenant" in str(error), "the table takes none either: " + sql[:40], error)
    tap.equal(run.database.sql("select count(*) from identity.api_key k, identity.role r where array_to_string(k.scopes || r.scopes, ' ') like '%operator:%' "
                               "and k.tenant_id = '$T' and r.tenant_id = '$T';".replace("$T", own.tenant)), "0", "so none is there")


# --- nobody hands on more than he holds ---

def no_more(tap, run):
    firm = Firm(run, "nomore")
    own = firm.own
    firm.desk("manager")
    strong = own.role("orders:read", "alliances:govern")
    whole = own.post("/v1/keys", {"name": "whole", "scopes": ["*"]}, 201)
    run.secret(whole["key"], "a key of the API")
    someone = own.person()
    held = own.grant(own.person(), strong)
    doors = {
        "a role of his own": ("POST", "/v1/roles", {"role": "mine", "name": "X", "scopes": ["crm:read", "alliances:govern"]}, None, "/scopes"),
        "a role with everything": ("POST", "/v1/roles", {"role": "mine", "name": "X", "scopes": ["*"]}, None, "/scopes"),
        "a role with a room of which he holds a part": ("POST", "/v1/roles", {"role": "mine", "name": "X", "scopes": ["alliances:*"]}, None, "/scopes"),
        "more in a role": ("PATCH", "/v1/roles/" + own.role("crm:read"), {"scopes": ["privacy:retention"]}, MERGE, "/scopes"),
        "less in a role that holds more than he": ("PATCH", "/v1/roles/" + strong, {"scopes": ["orders:read"]}, MERGE, "/scopes"),
        "a role that holds more": ("POST", "/v1/users/%s/grants" % someone, {"role": strong, "reach": "TENANT"}, None, "/role"),
        "the owner's role": ("POST", "/v1/users/%s/grants" % someone, {"role": "owner", "reach": "TENANT"}, None, "/role"),
        "the owner's role to himself": ("POST", "/v1/users/%s/grants" % firm.sessions["manager"].user_id, {"role": "owner", "reach": "TENANT"}, None, "/role"),
        "an invitation as owner": ("POST", "/v1/users", {"email": "x@canary.example", "name": "X", "grants": [{"role": "viewer", "reach": "TENANT"},
                                                                                                              {"role": "owner", "reach": "TENANT"}]}, None, "/grants/1/role"),
        "a key with more": ("POST", "/v1/keys", {"name": "x", "scopes": ["crm:read", "identity:sso"]}, None, "/scopes"),
        "a key with all that writes": ("POST", "/v1/keys", {"name": "x", "scopes": ["*:write"]}, None, "/scopes"),
        "the secret of a stronger key": ("POST", "/v1/keys/%s/rotate" % whole["key_id"], {}, None, None),
        "the end of a stronger key": ("DELETE", "/v1/keys/" + whole["key_id"], None, None, None),
        "a stronger role taken away": ("DELETE", "/v1/users/%s/grants/%s" % (run.database.sql("select user_id from identity.role_grant where grant_id = '%s';" % held), held), None, None, None),
    }
    rights = ("select md5(string_agg(x::text, '|')) from (select r::text x from identity.role r union all select g::text from identity.role_grant g "
              "union all select (k.api_key_id, k.scopes, k.secret_hash, k.revoked_at)::text from identity.api_key k union all select u.user_id::text from identity.app_user u order by 1) y;")
    before = run.database.sql(rights)
    for what, (method, path, body, headers, pointer) in doors.items():
        refused(tap, firm.ask("manager", method, path, body, headers), "identity/more_than_held", "a manager gives no %s" % what, pointer)
    tap.equal(run.database.sql(rights), before, "and nothing has come of it")
    answer = firm.ask("manager", "POST", "/v1/roles", {"role": "mine", "name": "X", "scopes": ["orders:*", "alliances:write"]})
    tap.equal(answer.status, 201, "what he holds he may give", answer)
    idp = {"slug": "provider", "name": "X", "issuer": "https://login.example.com", "client_id": "x"}
    refused(tap, firm.ask("manager", "POST", "/v1/idps", idp), "core/forbidden", "how people sign in is the owner's")
    half = own.key_with("identity:sso,identity:read,crm:read")
    refused(tap, firm.ask(half, "POST", "/v1/idps", {**idp, "default_role": {"role": "owner"}}), "identity/more_than_held", "who may set it gives no owner's role by it", "/default_role/role")
    refused(tap, firm.ask(half, "POST", "/v1/idps", {**idp, "email_domains": ["canary.example"]}), "identity/more_than_held", "nor signs in as anybody by it", "/email_domains")
    for more in ({"email_domains": ["canary.example"]}, {"default_role": {"role": "owner"}}, {"role_claim": "g", "role_map": [{"value": "x", "role": "owner"}]}):
        made = own.post("/v1/idps", {**idp, "slug": world.unique("i-").lower(), **more}, 201)
        refused(tap, firm.ask(half, "DELETE", "/v1/idps/" + made["idp_id"]), "identity/more_than_held", "nor takes away a provider that gives more than he holds (%s)" % min(more))
    plain = own.post("/v1/idps", {**idp, "slug": world.unique("i-").lower()}, 201)
    tap.equal(firm.ask(half, "DELETE", "/v1/idps/" + plain["idp_id"]).status, 204, "one that gives nothing he may take away")


# --- owners ---

def owners(tap, run):
    firm = Firm(run, "owners")
    own = firm.own
    firm.desk("manager")
    boss = firm.who("owner")
    alike = firm.who("all", [own.role("*")])  # owns it by another name
    invited, shut = own.person(), own.person()
    for person in (invited, shut):
        own.grant(person, "owner")
    own.post("/v1/users/%s/disable" % shut, None)
    grants = {p: own.get("/v1/users/%s/grants" % p).json["data"][0]["grant_id"] for p in (boss.user_id, alike.user_id)}
    strong = own.key_with("identity:*,privacy:*,crm:*,orders:read")
    user = "/v1/users/%s"
    doors = [("disables", "POST", user % boss.user_id + "/disable", None), ("enables", "POST", user % shut + "/enable", None),
             ("invites again", "POST", user % invited + "/invitations", None), ("grants something to", "POST", user % boss.user_id + "/grants", {"role": "viewer", "reach": "TENANT"}),
             ("erases", "POST", "/v1/privacy/erasures", {"subject": {"user_id": boss.user_id}}), ("disables, by any name,", "POST", user % alike.user_id + "/disable", None)]
    state = "select md5(string_agg((u.user_id, u.status, u.email, u.version)::text, '|' order by u.user_id)) from identity.app_user u where u.tenant_id = '%s';" % own.tenant
    before = run.database.sql(state)
    for who, caller in (("a manager", "manager"), ("a key that holds all of identity and privacy", strong)):
        for what, method, path, body in doors:
            refused(tap, firm.ask(caller, method, path, body), "identity/owner_protected", "%s %s no owner" % (who, what))
        refused(tap, firm.ask(caller, "DELETE", "%s/grants/%s" % (user % boss.user_id, grants[boss.user_id])), "identity/more_than_held", "%s demotes no owner" % who)
    tap.equal(run.database.sql(state), before, "nothing has come of it")
    tap.ok(boss.is_live() and alike.is_live(), "and their sessions go on")
    colleague = firm.who("sales")
    tap.equal([firm.ask("manager", "POST", user % colleague.user_id + verb).status for verb in ("/disable", "/enable")], [200, 200], "a colleague the manager shuts out and lets in")
    tap.equal(firm.ask(boss, "POST", user % invited + "/invitations").status, 200, "an owner invites an owner")
    tap.equal(firm.ask(boss, "POST", user % alike.user_id + "/disable").status, 200, "and shuts one out")
    for what, method, path, body in (("disable", "POST", user % boss.user_id + "/disable", None), ("erase", "POST", "/v1/privacy/erasures", {"subject": {"user_id": boss.user_id}}),
                                     ("demote", "DELETE", "%s/grants/%s" % (user % boss.user_id, grants[boss.user_id]), None)):
        for caller in (boss, own.key):
            refused(tap, firm.ask(caller, method, path, body), "identity/last_owner", "nobody can %s the last owner, himself neither" % what, status=409)


# --- what was there before ---

def before_duties(tap, run):
    """The migration and the list of roles, run once more over rows as they were."""
    own = world.World(run, "before", full=False)

    def text(*path):
        with open(os.path.join(hansa.ROOT, "migrations", *path), encoding="utf-8") as file:
            return file.read()
    told = run.database.sql("""begin; alter table identity.role drop constraint role_scopes_of_tenant; set local role hansa_owner; set local hansa.tenant_id = '$T';
        insert into identity.role (tenant_id, role, name, audience, scopes) values ('$T', 'desk', 'Desk', 'STAFF', '{crm:write,orders:*,operator:*}'),
            ('$T', 'writer', 'W', 'STAFF', '{*:write}'), ('$T', 'theirs', 'T', 'CUSTOMER', '{crm:write}'), ('$T', 'reader', 'R', 'STAFF', '{*:read}');
        insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes) values
            ('$T', core.uuidv7(), 'before01', 'old', 'hansa_live_', sha256('x'), '{membership:write,operator:read}');
        update identity.role set scopes = '{orders:*}' where role = 'dispatcher';
        %s
        %s
        set local hansa.tenant_id = '$T';
        select string_agg(r.role || '=' || array_to_string(r.scopes, ','), ';' order by r.role) from identity.role r where r.tenant_id = '$T' and not r.is_built_in;
        select array_to_string(k.scopes, ',') from identity.api_key k where k.key_ref = 'before01';
        select r.scopes = b.scopes from identity.role r join identity.built_in_role b using (role) where r.tenant_id = '$T' and r.role = 'dispatcher';
        select count(*), bool_and(e.changes -> 'scopes' ?& '{old,new}') from audit.entry e where e.tenant_id = '$T' and e.endpoint = 'hansa migrate';
        rollback;""".replace("$T", own.tenant) % (text("0041_duties.sql"), text("rooms", "identity", "role_built_in.sql"))).splitlines()
    every = ("*:write,alliances:govern,crm:assign,crm:credit,crm:note,exchange:setup,identity:keys,identity:roles,identity:sso,membership:decide,membership:points,"
             "membership:terms,orders:close,orders:confirm,orders:invoice,orders:release,partners:approve,partners:own,privacy:retention")
    tap.equal(told[0], "desk=crm:assign,crm:credit,crm:note,crm:write,orders:*;reader=*:read;theirs=crm:write;writer=" + every,
              "a firm's own roles for its staff keep what they could do, without the operator's; others stay")
    tap.equal(told[1:], ["membership:decide,membership:points,membership:terms,membership:write", "t", "4|t"], "so do keys; built-in roles are the list's; each change is on record")


def main():
    tap = hansa.Tap()
    run = client.Run("duties")
    with run:
        for section in (at_work, operators_scopes, no_more, owners, before_duties):
            section(tap, run)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
