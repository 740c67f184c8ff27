"""Lint of the live catalogue: promises T1, T2, T3, T7 and the SQL rules of house.md sections 4 and 6.

Each rule is one query that lists what breaks it. That the rules bite is shown by breaking each of them in a scratch
database (mutation): a rule that lists nothing then is no rule.
"""
import re

import hansa
import scenario

# Foreign keys that may point past the tenant: the directory of tenants itself and common code lists.
COMMON = "'identity.tenant'::regclass, 'partners.organisation'::regclass"
# Constraints whose columns need no index of their own: lists that never lose a row.
NO_INDEX_NEEDED = "'tenant_zone_known', 'partner_organisation', 'ally_counterpart_fkey'"
# SECURITY DEFINER functions that were looked at, each with what keeps it from telling or doing across tenants (decision 0046).
# HOUSE: refuses a unit that works for a tenant; the servers ask it in units of none. OPERATOR: behind operator.demand. NAMED: an id for a
# name that the client has, before there is a tenant. WALL: what the application role itself may not touch, behind the forced wall of the
# unit's own tenant, so it cannot see another's rows. OWN: of the alliances' common rows, what the unit's own tenant is or may.
DEFINERS = {
    "HOUSE": {"audit.api_tenants", "core.job_take", "core.schedule_tick", "core.rate_share", "core.secret_take", "operator.usage_note"},
    "OPERATOR": {"operator." + name for name in ("tenants", "tenant", "tenant_create", "tenant_status_set", "limits_set", "tenant_change", "usage", "usages")},
    "NAMED": {"identity.tenant_by_slug"},
    "WALL": {room + ".api_person_erase" for room in ("audit", "crm", "exchange", "files", "identity", "orders", "sales", "tracking")}
    | {room + ".api_retention_apply" for room in ("audit", "exchange", "identity", "orders", "tracking")}
    | {"core.answers_forget", "core.event_sweep", "core.idempotency_sweep", "operator.rows_count", "operator.kept_count", "sandbox.rows_delete"},
    "OWN": {"alliances." + name for name in ("standing", "leads", "has_accepted", "may_accept", "alliance_lock", "alliance_touch", "charter_settle",
                                             "charter_open", "member_enter")},
}
MARKS = {"HOUSE": "core.house_demand()", "OPERATOR": "operator.demand(", "NAMED": "hansa.tenant_id", "OWN": "hansa.tenant_id|alliances.(standing|leads|alliance_lock)\\("}
SIGNED_DEFINERS = ", ".join("'%s'" % name.split(".")[1] for names in DEFINERS.values() for name in sorted(names))
# Common tables (no tenant_id, no wall) that the application role writes without a policy for it, and why.
UNWALLED = {
    "identity.login_source": "counts of failed tries by client address, before there is a tenant",
}
# Rows that may go: what is no record of anything, its changes stand in the audit; a job when its work is done; tags, channels, options and
# lines of cargo are told as a whole, so what was goes; search's index is made of other rows.
DELETABLE = ", ".join("'%s'::regclass" % name for name in (
    "identity.org_unit", "identity.role", "identity.role_grant", "identity.idp", "identity.idp_login", "crm.contact", "crm.consent", "core.job",
    "crm.account_tag", "crm.contact_channel", "crm.search_entry", "crm.search_word", "crm.search_variant", "crm.search_use", "sales.quote_option",
    "orders.cargo_line", "orders.order_reference", "files.file"))

OURS = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_'"
TENANT_TABLE = """(select c.oid, c.relname, n.nspname, c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity, a.attnum
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relkind in ('r', 'p') and %s)""" % OURS

RULES = {
    "row security is enabled and forced on every tenant table (T1)":
        "select t.name from %s t where not (t.relrowsecurity and t.relforcerowsecurity)" % TENANT_TABLE,
    "every tenant table has exactly one policy, for all commands, on the setting itself (T1)":
        """select t.name from %s t
            where (select count(*) from pg_policy p where p.polrelid = t.oid) <> 1
               or not exists (select from pg_policy p
                   where p.polrelid = t.oid and p.polcmd = '*' and p.polpermissive and p.polwithcheck is null
                     and pg_get_expr(p.polqual, p.polrelid) =
                         '(tenant_id = (NULLIF(current_setting(''hansa.tenant_id''::text, true), ''''::text))::uuid)')""" % TENANT_TABLE,
    "tenant_id is a uuid that is never null":
        """select t.name from %s t join pg_attribute a on a.attrelid = t.oid and a.attnum = t.attnum
            where not a.attnotnull or a.atttypid <> 'uuid'::regtype""" % TENANT_TABLE,
    "every tenant table has a primary key":
        "select t.name from %s t where not exists (select from pg_constraint c where c.conrelid = t.oid and c.contype = 'p')" % TENANT_TABLE,
    "tenant_id stands first in every primary key, unique key and unique index (T7)":
        """select t.name || ' ' || i.indexrelid::regclass from %s t join pg_index i on i.indrelid = t.oid
            where (i.indisunique or i.indisprimary) and i.indkey[0] <> t.attnum""" % TENANT_TABLE,
    "tenant_id stands first in every index of a tenant table":
        """select t.name || ' ' || i.indexrelid::regclass from %s t join pg_index i on i.indrelid = t.oid
            where i.indkey[0] <> t.attnum""" % TENANT_TABLE,
    "foreign keys of tenant tables begin with tenant_id on both sides, or point to a common list (T7)":
        """select t.name || ' ' || c.conname from %s t join pg_constraint c on c.conrelid = t.oid and c.contype = 'f'
             left join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
            where c.confrelid not in (%s) and (c.conkey[1] <> t.attnum or f.attname <> 'tenant_id')""" % (TENANT_TABLE, COMMON),
    "under each foreign key lies an index":
        """select c.conrelid::regclass || ' ' || c.conname
             from pg_constraint c join pg_namespace n on n.oid = c.connamespace
            where c.contype = 'f' and %s and c.conname not in (%s)
              and not exists (select from pg_index i where i.indrelid = c.conrelid
                   and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)""" % (OURS, NO_INDEX_NEEDED),
    "the application role owns nothing, is no superuser and does not pass row security (T1)":
        """select 'role' from pg_roles where rolname = 'hansa_app' and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)
           union all select c.oid::regclass::text from pg_class c where c.relowner = 'hansa_app'::regrole
           union all select p.oid::regprocedure::text from pg_proc p where p.proowner = 'hansa_app'::regrole
           union all select n.nspname from pg_namespace n where n.nspowner = 'hansa_app'::regrole
           union all select m.roleid::regrole::text from pg_auth_members m where m.member = 'hansa_app'::regrole""",
    "the owner does not pass row security either":
        "select rolname from pg_roles where rolname = 'hansa_owner' and (rolsuper or rolbypassrls)",
    "no TRUNCATE, REFERENCES or TRIGGER is granted, nothing to PUBLIC":
        """select c.oid::regclass || ' ' || a.privilege_type || ' ' || a.grantee::regrole
             from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
            where %s and (a.grantee = 0 or a.grantee <> c.relowner and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER'))
           union all
           select n.nspname || ' ' || a.privilege_type from pg_namespace n, aclexplode(n.nspacl) a
            where %s and a.grantee = 0 and n.nspname <> 'public'
           union all
           select 'public ' || a.privilege_type from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'public' and a.grantee = 0
        """ % (OURS, OURS),
    "the application role may delete nothing but what is no record, and changes columns, not rows, of what is one":
        """select c.oid::regclass || ' ' || a.privilege_type
             from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
            where %s and a.grantee = 'hansa_app'::regrole and (a.privilege_type = 'DELETE' and c.oid not in (%s)
                  or (a.privilege_type = 'UPDATE' and c.oid <> 'tracking.shipment_status'::regclass))""" % (OURS, DELETABLE),
    "no function of ours may be executed by PUBLIC":
        """select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where %s and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
              and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))""" % OURS,
    "SECURITY DEFINER only where signed, and then with an empty search_path":
        """select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where %s and p.prosecdef and (p.proname not in (%s) or not 'search_path=""' = any (coalesce(p.proconfig, '{}')))""" % (OURS, SIGNED_DEFINERS),
    "a common table that the application role writes has a policy that says what may be written, or is signed":
        """select c.oid::regclass || ' ' || a.privilege_type
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
             cross join lateral (select x.privilege_type from aclexplode(c.relacl) x where x.grantee = 'hansa_app'::regrole
                                 union select x.privilege_type from pg_attribute t, aclexplode(t.attacl) x
                                        where t.attrelid = c.oid and x.grantee = 'hansa_app'::regrole) a
            where %s and c.relkind in ('r', 'p') and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE') and c.oid::regclass::text not in (%s)
              and not exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)
              and not (c.relrowsecurity and exists (
                  select from pg_policy p where p.polrelid = c.oid and p.polcmd in ('*', case a.privilege_type when 'INSERT' then 'a' when 'UPDATE' then 'w' else 'd' end)
                     and p.polpermissive and (p.polwithcheck is not null or a.privilege_type = 'DELETE')))
           union all
           select p.polrelid::regclass || ' ' || p.polname from pg_policy p
            where p.polcmd <> 'r' and p.polcmd <> 'd' and p.polwithcheck is null
              and not exists (select from pg_attribute t where t.attrelid = p.polrelid and t.attname = 'tenant_id' and not t.attisdropped)"""
        % (OURS, ", ".join("'%s'" % name for name in UNWALLED)),
    "no function of ours is leakproof":
        "select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where %s and p.proleakproof" % OURS,
    "every view looks with the eyes of who asks (security_invoker)":
        """select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where %s and c.relkind = 'v' and not coalesce(c.reloptions, '{}') @> '{security_invoker=true}'""" % OURS,
    "there is no materialized view, no foreign table, no rule":
        """select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace where %s and c.relkind in ('m', 'f')
           union all select r.ev_class::regclass from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n
                   on n.oid = c.relnamespace where %s and r.rulename <> '_RETURN'""" % (OURS, OURS),
    "no trigger carries a rule (house.md section 4)":
        "select t.tgrelid::regclass || ' ' || t.tgname from pg_trigger t where not t.tgisinternal",
    "no function sets the tenant or notifies (house.md sections 3, 4)":
        """select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where %s and p.prosrc ~* '(set_config|pg_notify|notify |set local|set session)'""" % OURS,
    "nothing of ours lives in public":
        """select c.oid::regclass::text from pg_class c where c.relnamespace = 'public'::regnamespace
           union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')""",
    "no time without zone, no double, no json that takes NUL, no bounded text among the columns":
        """select a.attrelid::regclass || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
             join pg_namespace n on n.oid = c.relnamespace
            where %s and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
              and a.atttypid in ('timestamp'::regtype, 'float4'::regtype, 'float8'::regtype, 'json'::regtype, 'money'::regtype,
                                 'varchar'::regtype, 'bpchar'::regtype)""" % OURS,
    "every table and every room's schema says what it is for":
        """select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where %s and c.relkind in ('r', 'p', 'v') and obj_description(c.oid, 'pg_class') is null
           union all select n.nspname from pg_namespace n where %s and n.nspname <> 'public' and obj_description(n.oid, 'pg_namespace') is null
        """ % (OURS, OURS),
}

# One way to break each rule that guards tenants: (part of the rule's name, SQL as owner or superuser).
MUTATIONS = [
    ("enabled and forced", "create table orders.leak (tenant_id uuid not null, id uuid, primary key (tenant_id, id))"),
    ("enabled and forced", "alter table orders.shipment no force row level security"),
    ("exactly one policy", "create table orders.leak (tenant_id uuid not null, id uuid, primary key (tenant_id, id));"
                           "alter table orders.leak enable row level security; alter table orders.leak force row level security"),
    ("exactly one policy", "create policy everybody on orders.shipment using (true)"),
    ("uuid that is never null", "create table orders.leak (tenant_id text)"),
    ("primary key", "create table orders.leak (tenant_id uuid not null)"),
    ("unique key and unique index", "create unique index leak on orders.shipment (tracking_number)"),
    ("in every index", "create index leak on tracking.event (event_time)"),
    ("on both sides", "alter table orders.shipment_party add column link uuid unique, add foreign key (link) references orders.shipment_party (link)"),
    ("lies an index", "alter table tracking.event add foreign key (tenant_id, handling_unit_id) references orders.handling_unit"),
    ("application role owns", "alter table orders.shipment owner to hansa_app"),
    ("TRUNCATE", "grant truncate on orders.shipment to hansa_app"),
    ("TRUNCATE", "grant select on orders.shipment to public"),
    ("may delete nothing", "grant delete on tracking.event to hansa_app"),
    ("executed by PUBLIC", "grant execute on function core.uuidv7() to public"),
    ("SECURITY DEFINER", "create function orders.leak() returns int language sql security definer as 'select 1'"),
    ("what may be written", "drop policy lead_changes on alliances.alliance"),
    ("what may be written", "create policy anybody on alliances.member for update using (true)"),
    ("what may be written", "grant insert on identity.tenant to hansa_app"),
    ("leakproof", "alter function core.is_time(text) leakproof"),
    ("security_invoker", "create view orders.v_leak as select * from orders.shipment"),
    ("no materialized view", "create materialized view orders.leak as select 1 as one"),
    ("no trigger", "create function orders.leak() returns trigger language plpgsql as 'begin return new; end';"
                   "create trigger leak before insert on orders.shipment for each row execute function orders.leak()"),
    ("sets the tenant", "create function orders.leak() returns text language sql as $$ select set_config('hansa.tenant_id', '', true) $$"),
    ("nothing of ours lives in public", "create table public.leak (id int)"),
    ("no double", "alter table orders.handling_unit add column weight double precision"),
]


def lint(tap, db):
    for name, query in RULES.items():
        found = db.sql(query + ";")
        tap.ok(found == "", name, found)


def mutate(tap, db):
    for part, sql in MUTATIONS:
        rule = next(query for name, query in RULES.items() if part in name)
        found = db.sql("begin; %s; %s; rollback;" % (sql, rule))
        tap.ok(found != "", "the rule «%s» sees: %s" % (part, sql[:90]))


def error_of(url, sql):
    """What PostgreSQL says against it; nothing when it does it."""
    try:
        hansa.psql(url, sql)
    except RuntimeError as error:
        return str(error)
    return ""


def definers(tap, db):
    """What runs as its owner: each is signed once, does what it is signed for, and tells a tenant's unit nothing of others."""
    found = dict(line.split("|", 1) for line in db.sql(
        "select n.nspname || '.' || p.proname || '|' || replace(string_agg(p.prosrc, ' '), chr(10), ' ') from pg_proc p "
        "join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and %s group by n.nspname, p.proname;" % OURS).splitlines())
    signed = [name for names in DEFINERS.values() for name in names]
    tap.equal(sorted(found), sorted(signed), "each of %d functions that run as their owner is signed, and no other" % len(signed))
    for kind, mark in MARKS.items():
        tap.equal([n for n in sorted(DEFINERS[kind]) if not re.search(mark if kind == "OWN" else re.escape(mark), found.get(n, ""))], [],
                  "those signed %s do what keeps them so" % kind)
    tap.equal([n for n in sorted(DEFINERS["WALL"]) if re.search("identity.(v_)?tenant", found.get(n, ""))], [], "those signed WALL look at no directory")
    calls = {"audit.api_tenants": "", "core.job_take": "'{}', null, 1, 1, true", "core.schedule_tick": "'{}', true", "core.rate_share": "core.uuidv7(), '[]'",
             "core.secret_take": "null, null", "operator.usage_note": "'[]'"}
    tap.equal(sorted(calls), sorted(DEFINERS["HOUSE"]), "each of the house's own is tried")
    for name, values in calls.items():
        call = "select %s(%s);" % (name, values)
        tap.ok("core/forbidden" in error_of(db.app_url, "set hansa.tenant_id = '%s'; %s" % (scenario.A, call)), "a tenant's unit is refused %s" % name)
        tap.equal(error_of(db.app_url, call), "", "and a unit of no tenant is not")
    ask = "select identity.tenant_by_slug('beta', null, null);"
    tap.equal((hansa.psql(db.app_url, "set hansa.tenant_id = '%s'; %s" % (scenario.A, ask)), hansa.psql(db.app_url, ask)), ("", scenario.B),
              "a tenant's unit learns no other's id by its name")


def queue(tap, db):
    """The queue is common: a tenant's unit sees and writes its own work, a worker's unit of no tenant everybody's."""
    for tenant in (scenario.A, scenario.B):
        db.sql("select core.api_job('%s', 'tests.wall', '{}');" % tenant)
    new = "insert into core.job (job_id, of_tenant, kind, run_at) values (core.uuidv7(), '%s', 'tests.wall', now()) returning 1" % scenario.B
    tries = {"sees": "select 1 from core.job where of_tenant = '%s'" % scenario.B, "ends": "delete from core.job where of_tenant = '%s' returning 1" % scenario.B,
             "puts off": "update core.job set run_at = 'infinity' where of_tenant = '%s' returning 1" % scenario.B}
    for what, sql in tries.items():
        counts = [hansa.psql(db.app_url, "begin; %s with done as (%s) select count(*) from done; rollback;" % (setting, sql))
                  for setting in ("set local hansa.tenant_id = '%s';" % scenario.A, "set local hansa.tenant_id = '%s';" % scenario.B, "")]
        tap.equal(counts, ["0", "1", "1"], "a tenant's unit %s its own jobs alone, the house's those of all" % what)
    tap.ok("row-level security" in error_of(db.app_url, "set hansa.tenant_id = '%s'; %s;" % (scenario.A, new)), "and puts nothing into another's queue")
    db.sql("delete from core.job where kind = 'tests.wall';")


def walls(tap, db, runs):
    """T3: without a tenant nothing is seen and nothing can be written; with one, only its own."""
    for run in runs.values():
        scenario.little_of_everything(run)
    for name in db.sql("select t.name from %s t order by 1;" % TENANT_TABLE).splitlines():
        seen = {"all": int(db.sql("select count(*) from %s;" % name))}
        if not tap.ok(seen["all"] >= 2, "%s holds rows to be hidden" % name):
            continue
        for setting in ("", "set hansa.tenant_id = '';", "set hansa.tenant_id = '01a00000-0000-7000-8000-00000000ffff';"):
            got = hansa.psql(db.app_url, "%s select count(*) from %s;" % (setting, name))
            tap.equal(got, "0", "%s shows nothing with «%s»" % (name, setting))
            written = error_of(db.super_url, """set role hansa_app; %s
                do $$ begin
                    insert into %s (tenant_id) values ('%s');
                    raise exception 'written';
                exception when insufficient_privilege then null;
                end $$;""" % (setting, name, scenario.A))
            tap.equal(written, "", "%s takes nothing with «%s»" % (name, setting))
            for verb in ("update %s set tenant_id = tenant_id" % name, "delete from %s" % name):
                changed = db.sql("""begin; set local role hansa_owner; %s
                    with gone as (%s returning 1) select count(*) from gone; rollback;""" % (setting.replace("set ", "set local "), verb))
                tap.equal(changed, "0", "even the owner can do no %s on %s with «%s»" % (verb.split()[0], name, setting))
        own = hansa.psql(db.app_url, "set hansa.tenant_id = '%s'; select count(*), count(*) filter (where tenant_id <> '%s') from %s;"
                         % (scenario.A, scenario.A, name)).split("|")
        tap.ok(int(own[0]) > 0 and own[1] == "0" and int(own[0]) < seen["all"], "%s shows a tenant its own rows only" % name, own)
    own = hansa.psql(db.app_url, "set hansa.tenant_id = '%s'; select string_agg(slug, ',') from identity.tenant;" % scenario.A)
    tap.equal(own, "alpha", "the directory shows a tenant itself only")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        lint(tap, db)
        mutate(tap, db)
        runs = scenario.tenants(db)
        definers(tap, db)
        queue(tap, db)
        walls(tap, db, runs)
    tap.done()


if __name__ == "__main__":
    main()
