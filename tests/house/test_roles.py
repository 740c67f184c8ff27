#!/usr/bin/env python3
"""Who does what: every built-in role asks every endpoint over HTTP; docs/roles.md is the one table of what came out, so that a new
endpoint, scope or role fails here until somebody has looked at its line (decision 0046).

Asked with a parameter that no endpoint has, a request is refused at the door (403) or behind it (400): nothing is written either way.
LAWS are the words of the issue, written a second time on purpose: what a role must and must not do, whatever table says so.

    tests/house/test_roles.py --write     writes the table anew, in the environment of tests/run
"""
import difflib
import os
import re
import sys
import uuid

import client
import hansa
import people
import world

TOLD = os.path.join(hansa.ROOT, "docs", "roles.md")
ROLES = ("owner", "manager", "sales", "customer_service", "dispatcher", "finance", "viewer", "partner", "partner_admin", "customer", "customer_admin")
STAFF = ROLES[:7]
ROOMS = ("crm", "sales", "orders", "tracking", "files", "exchange", "partners", "alliances", "membership", "insight", "identity", "privacy", "audit", "sandbox")
MONEY = {"orders:release", "orders:invoice", "crm:credit"}
FIRM = {"alliances:govern", "identity:sso", "privacy:retention"}
PEOPLE = {"identity:read", "identity:write", "identity:roles", "identity:keys", "audit:read"}
# role: (what it must be able to do, what it must not)
LAWS = {
    "owner": (MONEY | FIRM | PEOPLE, set()),
    "manager": (MONEY | PEOPLE | {"crm:assign", "membership:terms", "membership:decide", "partners:approve", "alliances:write"}, FIRM),
    "sales": ({"crm:write", "crm:note", "sales:write", "orders:book"}, MONEY | FIRM | PEOPLE | {"crm:assign", "orders:confirm", "orders:close", "membership:terms"}),
    "customer_service": ({"crm:write", "crm:note", "orders:book", "orders:confirm", "tracking:share", "membership:write"},
                         MONEY | FIRM | PEOPLE | {"membership:terms", "membership:points", "membership:decide", "alliances:write", "crm:assign"}),
    "dispatcher": ({"orders:write", "orders:confirm", "tracking:write", "exchange:write", "alliances:write", "alliances:answer", "crm:note"},
                   MONEY | FIRM | PEOPLE | {"crm:write", "orders:close", "exchange:setup", "partners:approve", "partners:own", "membership:read"}),
    "finance": (MONEY | {"orders:close", "crm:note", "files:write"},
                FIRM | PEOPLE | {"crm:write", "crm:assign", "orders:book", "orders:confirm", "orders:write", "sales:write", "tracking:write", "membership:write"}),
    "viewer": ({"orders:read", "crm:read"}, None),  # None: nothing that does not only read
    "partner": ({"orders:read", "tracking:write", "tracking:raise", "alliances:answer"}, MONEY | FIRM | PEOPLE | {"crm:write", "orders:write", "orders:book", "sales:read", "membership:read"}),
    "customer": ({"orders:read", "orders:book", "sales:accept", "tracking:raise"}, MONEY | FIRM | PEOPLE | {"orders:write", "orders:confirm", "tracking:write", "crm:write"}),
}
# Their administrators: the same, and people and keys of their own reach.
OWN_PEOPLE = {"identity:read", "identity:write", "identity:keys"}
LAWS.update({role + "_admin": (LAWS[role][0] | OWN_PEOPLE, LAWS[role][1] - OWN_PEOPLE) for role in ("partner", "customer")})


def caller(own, role):
    """Headers of somebody who holds the role, as far as it reaches."""
    audience = "STAFF" if role in STAFF else role.split("_")[0].upper()
    user = own.user_row(role + "@canary.example")
    own.run.database.sql("update identity.app_user set audience = '%s' where user_id = '%s';" % (audience, user))
    if audience == "STAFF":
        own.grant(user, role)
    else:
        account = own.post("/v1/accounts", {"name": role, "kind": audience}, 201)["account_id"]
        own.grant(user, role, reach="PARTNER" if audience == "PARTNER" else "ACCOUNT", account_id=account)
    session = own.signed_in(None, 1, user)[0]
    people._audiences[session.cookie] = audience
    return session.headers()


def ask_all(tap, run, callers):
    """{endpoint: roles that the door let in}."""
    let_in, faults = {}, []
    for operation in run.document.operations:
        if operation.is_public or operation.scope.startswith("operator:"):
            continue
        path = re.sub(r"\{[^}]*\}", str(uuid.uuid4()), operation.path) + "?nobodys_parameter=1"
        let_in[operation] = []
        for role, headers in callers.items():
            answer = run.ask(operation.method, path, None, headers={**headers, **({"content-type": operation.body_media} if operation.body_media else {})})
            if answer.status == 400:
                let_in[operation].append(role)
            elif (answer.status, client.problem_code(answer)) != (403, "core/forbidden"):
                faults.append("%s as %s: %r" % (operation.full_name(), role, answer))
    tap.ok(not faults, "each role is let in or refused at the door, at every endpoint", "\n".join(faults[:10]))
    return let_in


def lines(let_in):
    """The table: one line for what one scope opens to the same roles."""
    grouped = {}
    for operation, roles in let_in.items():
        if operation.scope != "identity:self":
            grouped.setdefault((operation.scope, tuple(roles)), []).append("`%s %s`" % (operation.method, operation.path.replace("/v1", "", 1)))
    yield "| scope | opens | " + " | ".join(r.replace("_", " ") for r in ROLES) + " |"
    yield "| --- | --- " + "| :---: " * len(ROLES) + "|"
    for scope, roles in sorted(grouped, key=lambda k: (ROOMS.index(k[0].split(":")[0]), k[0].split(":")[1] != "read", k)):
        yield "| `%s` | %s | %s |" % (scope, ", ".join(sorted(grouped[scope, roles])), " | ".join("✓" if r in roles else "–" for r in ROLES))


def check_table(tap, let_in):
    with open(TOLD, encoding="utf-8") as file:
        text = file.read()
    made = text[:text.index("| scope |")] + "\n".join(lines(let_in)) + "\n"
    if "--write" in sys.argv:
        with open(TOLD, "w", encoding="utf-8") as file:
            file.write(made)
    difference = "\n".join(difflib.unified_diff(text.splitlines(), made.splitlines(), "docs/roles.md", "the server", lineterm="", n=0))
    tap.ok(made == text, "docs/roles.md tells whom the server lets in: look at each line, then --write", difference)


def check_laws(tap, let_in):
    held = {role: {o.scope for o, roles in let_in.items() if role in roles} for role in ROLES}
    scopes = {o.scope for o in let_in}
    for role, (must, never) in LAWS.items():
        never = {s for s in scopes if not s.endswith((":read", ":self"))} if never is None else never
        tap.equal(sorted((must | never) - scopes), [], "the law of a %s names scopes that there are" % role)
        tap.equal(sorted(must - held[role]), [], "a %s does his work" % role)
        tap.equal(sorted(never & held[role]), [], "a %s does not do others'" % role)
    partly = sorted({o.full_name() for o, roles in let_in.items() if not set(STAFF) & set(roles)})
    tap.equal(partly, [], "there is nothing that nobody of the staff may do")
    tap.equal(sorted(scopes - held["owner"]), [], "an owner may do all there is")


def check_rows(tap, run, own):
    """Staff are let in by what the row of their role says; a tenant's copy is the list's; the list names only scopes that are asked for."""
    differing = run.database.sql("select count(*) from identity.role r join identity.built_in_role b using (role) where r.is_built_in and r.scopes <> b.scopes;")
    tap.equal(differing, "0", "each tenant's copies of the built-in roles are the list's")
    asked = {o.scope for o in run.document.operations if not o.is_public}
    listed = set(run.database.sql("select distinct s from identity.built_in_role b, unnest(b.scopes) s;").splitlines())
    tap.equal(sorted(s for s in listed if "*" not in s and s not in asked), [], "the built-in roles name scopes that endpoints ask for")
    tap.equal(sorted(s for s in listed if s.endswith(":*") and s[:-1] not in {a.split(":")[0] + ":" for a in asked}), [], "and rooms that there are")
    tap.equal(sorted(run.database.sql("select role from identity.built_in_role;").splitlines()), sorted(ROLES), "the table has a column for each of them")
    own.get("/v1/roles")


def main():
    tap = hansa.Tap()
    run = client.Run("roles")
    with run:
        own = world.World(run, "roles", full=False)
        callers = {role: caller(own, role) for role in ROLES}
        let_in = ask_all(tap, run, callers)
        check_table(tap, let_in)
        check_laws(tap, let_in)
        check_rows(tap, run, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
