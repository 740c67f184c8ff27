#!/usr/bin/env python3
"""The role that backs up reads every table of every tenant and may do nothing else, and nobody has its rights."""
import re

import hansa

OURS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
WRITING = "select", "insert", "update", "delete", "truncate", "references", "trigger"

RULES = {
    "it logs in and sees past row security, and is nothing more":
        "select rolname from pg_roles where rolname = 'hansa_backup' and not (rolcanlogin and rolbypassrls and not rolsuper and not rolcreatedb "
        "and not rolcreaterole and not rolreplication)",
    "it is in no role, and nobody is in it":
        "select roleid::regrole || ' ' || member::regrole from pg_auth_members where 'hansa_backup'::regrole in (roleid, member)",
    "it owns nothing":
        """select c.oid::regclass::text from pg_class c where c.relowner = 'hansa_backup'::regrole
           union all select p.oid::regprocedure::text from pg_proc p where p.proowner = 'hansa_backup'::regrole
           union all select nspname from pg_namespace where nspowner = 'hansa_backup'::regrole
           union all select datname from pg_database where datdba = 'hansa_backup'::regrole""",
    "it reads every table, view and sequence":
        """select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where %s and c.relkind in ('r', 'p', 'v') and not has_table_privilege('hansa_backup', c.oid, 'select')
           union all select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where %s and case when c.relkind = 'S' then not has_sequence_privilege('hansa_backup', c.oid, 'select') end
           union all select n.nspname from pg_namespace n
            where %s and n.nspname <> 'public' and not has_schema_privilege('hansa_backup', n.oid, 'usage')""" % (OURS, OURS, OURS),
    "it writes none":
        """select c.oid::regclass || ' ' || w from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest('{%s}'::text[]) w
            where %s and c.relkind in ('r', 'p', 'v') and has_table_privilege('hansa_backup', c.oid, w)
           union all select c.oid::regclass || ' ' || w from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest('{usage,update}'::text[]) w
            where %s and case when c.relkind = 'S' then has_sequence_privilege('hansa_backup', c.oid, w) end
           union all select c.oid::regclass || '.' || a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             join pg_attribute a on a.attrelid = c.oid where %s and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
              and (has_column_privilege('hansa_backup', c.oid, a.attnum, 'insert') or has_column_privilege('hansa_backup', c.oid, a.attnum, 'update'))
        """ % (",".join(WRITING[1:]), OURS, OURS, OURS),
    "it calls no function of ours":
        """select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where %s and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
              and has_function_privilege('hansa_backup', p.oid, 'execute')""" % OURS,
    "it makes nothing":
        """select n.nspname from pg_namespace n where %s and has_schema_privilege('hansa_backup', n.oid, 'create')
           union all select 'database' where has_database_privilege('hansa_backup', current_database(), 'create')
           union all select 'temporary' where has_database_privilege('hansa_backup', current_database(), 'temporary')""" % OURS,
    "it does not read what the cluster keeps of passwords":
        "select 'pg_authid' where has_table_privilege('hansa_backup', 'pg_authid', 'select')",
}
MUTATIONS = [
    ("nothing more", "alter role hansa_backup createdb"), ("in no role", "grant hansa_backup to hansa_app"), ("in no role", "grant pg_read_all_data to hansa_backup"),
    ("owns nothing", "alter table orders.shipment owner to hansa_backup"), ("reads every", "revoke select on orders.shipment from hansa_backup"),
    ("writes none", "grant update (name) on identity.tenant to hansa_backup"), ("calls no", "grant execute on function core.uuidv7() to public"),
    ("makes nothing", "grant create on schema orders to hansa_backup"), ("of passwords", "grant select on pg_authid to hansa_backup"),
]
TRIED = ["update identity.tenant set name = 'x'", "delete from audit.entry", "insert into core.migration values ('x', 'x')", "truncate orders.shipment",
         "create table public.x (y int)", "create temporary table x (y int)", "alter table orders.shipment no force row level security",
         "select core.uuidv7()", "set role hansa_owner", "set role hansa_app", "copy (select 1) to program 'true'", "select pg_read_file('postgresql.conf')"]


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        for name, query in RULES.items():
            found = db.sql(query + ";")
            tap.ok(found == "", name, found)
        for part, sql in MUTATIONS:
            rule = next(query for name, query in RULES.items() if part in name)
            tap.ok(db.sql("begin; %s; %s; rollback;" % (sql, rule)) != "", "the rule «%s» sees: %s" % (part, sql))
        db.sql("insert into identity.tenant (id, slug, name) values (core.uuidv7(), 'alpha', 'Alpha'), (core.uuidv7(), 'beta', 'Beta');")
        seen = hansa.psql(db.super_url, "set session authorization hansa_backup; select count(*) from identity.tenant where slug in ('alpha', 'beta');")
        tap.equal(seen, "2", "it sees every tenant")
        for sql in TRIED:
            try:
                hansa.psql(db.super_url, "set session authorization hansa_backup; set default_transaction_read_only = off; %s;" % sql)
                told = "it may"
            except RuntimeError as refusal:
                told = str(refusal)
            tap.ok(re.search("permission denied|must be (owner|superuser)", told), "it may not: " + sql, told)
        hansa.psql(db.owner_url, "create table orders.later (tenant_id uuid primary key);")
        tap.equal(db.sql("select has_table_privilege('hansa_backup', 'orders.later', 'select');"), "t", "a table that a later migration makes is read, too")
    tap.done()


if __name__ == "__main__":
    main()
