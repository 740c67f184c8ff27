-- Makes the database that psql is connected to Hansa's: owned by hansa_owner, entered by hansa_app and hansa_backup and nobody
-- else. As superuser, after roles.sql; may be run again. Read by deploy/cluster.sh and by the database of deploy/compose.yaml.
set client_min_messages = warning;
alter database :"DBNAME" owner to hansa_owner;
revoke all on database :"DBNAME" from public;
grant connect on database :"DBNAME" to hansa_app;
alter schema public owner to hansa_owner;
revoke all on schema public from public;
-- The backup reads what the owner has made and will make: tables and sequences, no function.
grant connect on database :"DBNAME" to hansa_backup;
alter default privileges for role hansa_owner grant usage on schemas to hansa_backup;
alter default privileges for role hansa_owner grant select on tables to hansa_backup;
alter default privileges for role hansa_owner grant select on sequences to hansa_backup;
do $$
declare
  v_schema text;
begin
  for v_schema in select n.nspname from pg_namespace n where n.nspowner = 'hansa_owner'::regrole and n.nspname <> 'public' loop
    execute format('grant usage on schema %1$I to hansa_backup; grant select on all tables in schema %1$I to hansa_backup;'
                   'grant select on all sequences in schema %1$I to hansa_backup', v_schema);
  end loop;
end $$;
