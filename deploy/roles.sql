-- The three roles of Hansa (docs/security.md): hansa_owner owns and migrates, hansa_app serves, hansa_backup reads all for a backup
-- and can do nothing else (decision 0048). For psql, as superuser; may be
-- run again, and then sets the passwords anew. They come from files in the folder that HANSA_SECRETS names, so that they are in
-- no process list; they are hexadecimal. Read by deploy/cluster.sh and by the database of deploy/compose.yaml.
\set owner_password `cat "$HANSA_SECRETS/hansa_owner.password"`
\set app_password `cat "$HANSA_SECRETS/hansa_app.password"`
\set backup_password `cat "$HANSA_SECRETS/hansa_backup.password"`
set client_min_messages = warning;
do $$ begin
  if not exists (select from pg_roles where rolname = 'hansa_owner') then create role hansa_owner; end if;
  if not exists (select from pg_roles where rolname = 'hansa_app') then create role hansa_app; end if;
  if not exists (select from pg_roles where rolname = 'hansa_backup') then create role hansa_backup; end if;
end $$;
alter role hansa_owner login nosuperuser nocreatedb nocreaterole nobypassrls noreplication
  password :'owner_password';
alter role hansa_app login nosuperuser nocreatedb nocreaterole nobypassrls noreplication noinherit
  password :'app_password';
-- Promise F4: no statement of the server holds others up for long, whatever the server does.
alter role hansa_app set statement_timeout = '5s';
alter role hansa_app set lock_timeout = '2s';
alter role hansa_app set idle_in_transaction_session_timeout = '10s';
-- Single events of one tenant share transactions (docs/decisions/0003): two of those may lock rows crosswise, and the
-- loser is sent again alone. A second's wait for that is too long.
alter role hansa_app set deadlock_timeout = '50ms';
-- Row security would hide every tenant from a backup. What this role may read, database.sql says; it writes nowhere.
alter role hansa_backup login nosuperuser nocreatedb nocreaterole bypassrls noreplication noinherit connection limit 10
  password :'backup_password';
alter role hansa_backup set default_transaction_read_only = on;
-- Who dumps stands in nobody's way: it gives up when it cannot have a table.
alter role hansa_backup set lock_timeout = '60s';
