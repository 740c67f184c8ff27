-- Makes the database that psql is connected to Hansa's: owned by hansa_owner, entered by hansa_app and nobody else. As
-- superuser, after roles.sql; may be run again. Read by deploy/cluster.sh and by the database of deploy/compose.yaml.
set client_min_messages = warning;
alter database :"DBNAME" owner to hansa_owner;
revoke all on database :"DBNAME" from public;
grant connect on database :"DBNAME" to hansa_app;
alter schema public owner to hansa_owner;
revoke all on schema public from public;
