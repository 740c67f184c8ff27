"""PostgreSQL compiles the SQL: every endpoint's statement is prepared as the application role, in every combination of its
optional clauses, its generic plan is read, and every function is looked through by plpgsql_check.

With sequential scans priced out, one that remains means that no index fits. A scan of a tenant table whose condition names
the setting instead of :tenant means that the statement itself forgot the tenant (house.md section 4).
"""
import json
import re

import hansa
import scenario
import statements

# tracking.code and tracking.status are lists of some dozen rows, read whole on purpose.
SMALL = {"code", "status"}
TENANT_TABLES = """select n.nspname || '.' || c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^pg_';"""
# Run as owner, over common tables.
OWNERS = {"identity/tenant_create", "identity/tenant_list", "identity/tenant_id_new", "identity/tenant_status_set", "identity/tenant_operator",
          "identity/key_admin_create", "identity/key_admin_list", "identity/key_admin_rotate", "identity/key_admin_revoke",
          "identity/user_admin_create", "identity/user_admin_list", "identity/user_admin_invite", "identity/user_link_list"}


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def scans(plan, tables):
    """(node, condition text) of every scan of a tenant table."""
    for node in nodes(plan):
        if "%s.%s" % (node.get("Schema"), node.get("Relation Name")) in tables and "Scan" in node["Node Type"]:
            yield node, " ".join(str(node.get(key, "")) for key in ("Index Cond", "Recheck Cond", "Filter"))


def explain(db, endpoint, variant, settings="set enable_seqscan = off; set enable_bitmapscan = off;"):
    call = "(%s)" % ", ".join("null" for _ in variant.names) if variant.names else ""
    role = "hansa_owner" if endpoint.full_name() in OWNERS else "hansa_app"
    text = hansa.psql(db.super_url, "set role %s; set hansa.tenant_id = '%s'; set plan_cache_mode = force_generic_plan;\n"
                      "%s\n%s\nexplain (format json, verbose) execute s%s;"
                      % (role, scenario.A, settings, statements.prepare(endpoint, variant), call))
    return json.loads(text)[0]["Plan"]


def check_plans(tap, db):
    tables = set(db.sql(TENANT_TABLES).splitlines())
    for name, endpoint in statements.endpoints().items():
        for place, variant in enumerate(endpoint.variants):
            title = name + ("+%d" % place if place else "")
            try:
                plan = explain(db, endpoint, variant)
            except RuntimeError as failure:
                tap.ok(False, title + " is prepared", failure)
                continue
            seen = list(scans(plan, tables))
            whole = [n["Relation Name"] for n, _ in seen if n["Node Type"] == "Seq Scan"]
            loose = [n["Relation Name"] + ": " + text for n, text in seen if "current_setting" in text or "tenant_id" not in text]
            tap.ok(not whole and not loose, title + " reaches tenant tables by index and by its own tenant", "%s %s" % (whole, loose))


def check_young(tap, db):
    """Plans of a database that was just migrated: nothing is known of any table, so all indexes cost the same. A condition on
    columns of which one before is free would read all rows of the tenant, and the plan is kept until statistics come."""
    indexes = {}
    for line in db.sql("""select n.nspname || '.' || c.relname || ' ' || string_agg(a.attname, ' ' order by a.attnum) from pg_class c
            join pg_attribute a on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'i' and n.nspname !~ '^pg_' group by n.nspname, c.relname""").splitlines():
        name, *columns = line.split()
        indexes[name] = columns
    tables = set(db.sql(TENANT_TABLES).splitlines())
    wrong = []
    for name, endpoint in statements.endpoints().items():
        for variant in endpoint.variants:
            for node in nodes(explain(db, endpoint, variant, "")):
                table = "%s.%s" % (node.get("Schema"), node.get("Relation Name"))
                if table in tables and node["Node Type"] == "Seq Scan":
                    wrong.append("%s reads all of %s" % (name, table))
                columns = indexes.get("%s.%s" % (node.get("Schema"), node.get("Index Name")), [])
                bound = [bool(re.search(r"\b%s\b" % column, node.get("Index Cond", ""))) for column in columns]
                if table in tables and True in bound[bound.index(False):] if False in bound else False:
                    wrong.append("%s passes over a column of %s: %s" % (name, node["Index Name"], node["Index Cond"]))
    tap.equal(wrong, [], "without statistics plans use the first columns of an index")


def check_mutation(tap, db):
    """That the reading of plans bites: the same statement without its tenant."""
    tables = set(db.sql(TENANT_TABLES).splitlines())
    endpoint = statements.endpoints()["tracking/link_revoke"]
    variant = endpoint.variants[0]
    variant.sql = re.sub(r"l\.tenant_id = \$\d", "$1::uuid is not null", variant.sql)
    seen = list(scans(explain(db, endpoint, variant), tables))
    tap.ok(any("current_setting" in text for _, text in seen), "a statement that forgets its tenant is seen")


def check_read_only(tap):
    for name, endpoint in statements.endpoints().items():
        if endpoint.is_read_only:
            words = " ".join(v.sql for v in endpoint.variants).lower()
            tap.ok(not re.search(r"\b(insert into|update \w+\.|delete from)\b", words), name + " reads only")


def check_functions(tap, db):
    if db.sql("select count(*) from pg_available_extensions where name = 'plpgsql_check';") == "0":
        tap.skip("plpgsql_check finds nothing", "postgresql-15-plpgsql-check is not installed")
        return
    db.sql("create schema lint; create extension plpgsql_check schema lint;")
    names = db.sql("""select p.oid::regprocedure from pg_proc p join pg_language l on l.oid = p.prolang
                       where l.lanname = 'plpgsql' and p.pronamespace <> 'lint'::regnamespace and p.prorettype <> 'trigger'::regtype
                       order by 1;""").splitlines()
    for name in names:
        found = db.sql("select message, lineno, detail, hint from lint.plpgsql_check_function_tb('%s', fatal_errors := false, "
                       "extra_warnings := true, performance_warnings := false);" % name)
        tap.ok(found == "", "plpgsql_check finds nothing in " + name, found)


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        check_young(tap, db)
        check_plans(tap, db)
        check_mutation(tap, db)
        check_read_only(tap)
        check_functions(tap, db)
    tap.done()


if __name__ == "__main__":
    main()
