-- Zones by the names people use (Area/Place, UTC). Only ever adds: a zone that a row names must stay known.
insert into core.zone (zone)
select name from pg_catalog.pg_timezone_names
 where (name like '%/%' or name = 'UTC') and name !~ '^(posix|right)/'
on conflict do nothing;

grant select on core.zone to hansa_app;
