-- Ids and times. Written so that the planner can inline them: no function call is left at run time.

-- What the servers ask about all tenants at once (timers, the queue, counts) they ask in units of no tenant. Asked inside a tenant's unit,
-- whatever led there, it is none of its business.
create or replace function core.house_demand() returns void
    language plpgsql stable
    as $$
begin
    if nullif(current_setting('hansa.tenant_id', true), '') is not null then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'The house asks this in a unit of no tenant.';
    end if;
end $$;
comment on function core.house_demand() is 'Refuses a unit that works for a tenant.';
grant execute on function core.house_demand() to hansa_app;

-- UUIDv7 of a moment given in microseconds since 1970: 48 bits of milliseconds, 12 bits of fraction (RFC 9562, 6.2, method 3),
-- 62 random bits.
create or replace function core.uuidv7_at(microseconds bigint) returns uuid
    language sql volatile parallel safe
    as $$ select (overlay(lpad(to_hex(microseconds * 512 / 125), 15, '0') placing '7' from 13 for 0)
                  || substr(gen_random_uuid()::text, 20))::uuid $$;
comment on function core.uuidv7_at(bigint) is 'UUIDv7 for a moment in microseconds since 1970; later moments give greater ids.';

-- For rows made together: each moment but one tail, so that one random number does for all.
create or replace function core.uuidv7_at(microseconds bigint, tail text) returns uuid
    language sql immutable parallel safe
    as $$ select (overlay(lpad(to_hex(microseconds * 512 / 125), 15, '0') placing '7' from 13 for 0) || tail)::uuid $$;
comment on function core.uuidv7_at(bigint, text) is 'UUIDv7 for a moment, with core.uuidv7_tail(): ids of different microseconds differ.';

create or replace function core.uuidv7_tail() returns text
    language sql volatile parallel safe
    as $$ select substr(gen_random_uuid()::text, 20) $$;
comment on function core.uuidv7_tail() is 'The random end of a UUIDv7, for core.uuidv7_at.';

create or replace function core.uuidv7() returns uuid
    language sql volatile parallel safe
    as $$ select core.uuidv7_at((date_part('epoch', clock_timestamp()) * 1000000)::bigint) $$;
comment on function core.uuidv7() is 'A new UUIDv7, ordered by the microsecond of its making.';

-- Not to_char: that costs four times as much. JSON output of a timestamp is ISO 8601 whatever DateStyle says.
create or replace function core.rfc3339(moment timestamptz) returns text
    language sql stable parallel safe
    as $$ select btrim(to_json(moment at time zone 'UTC')::text, '"') || 'Z' $$;
comment on function core.rfc3339(timestamptz) is 'RFC 3339 text in UTC, such as 2026-03-10T16:42:00Z; fraction only when there is one.';

-- Local time with its distance from UTC, for people. A fixed offset goes through an interval: as a zone name PostgreSQL would
-- read its sign the POSIX way round.
create or replace function core.rfc3339_local(moment timestamptz, zone text) returns text
    language sql stable parallel safe
    as $$ select btrim(to_json(date_trunc('second', l.at))::text, '"')
                 || case when l.at = moment at time zone 'UTC' then 'Z'
                         else case when l.at < moment at time zone 'UTC' then '-' else '+' end
                              || to_char(greatest(l.at, moment at time zone 'UTC') - least(l.at, moment at time zone 'UTC'), 'HH24:MI') end
            from (select case when zone is null or zone = 'Z' then moment at time zone 'UTC'
                              when zone ~ '^[+-]' then moment at time zone zone::interval
                              else moment at time zone zone end as at) l $$;
comment on function core.rfc3339_local(timestamptz, text) is 'RFC 3339 text in a zone (IANA name, offset or Z): 2026-03-10T10:42:00-06:00.';

-- So that a wrong time in one of a thousand events is an answer and not an SQL error. Small letters and leap seconds never come so far:
-- the door writes T, Z and 59 (decision 0044).
create or replace function core.is_time(value text) returns boolean
    language sql immutable parallel safe
    as $$ select case
        -- [0-9] and (?:…): \d and what is kept cost twice the time.
        when value !~ '^(?:19|2[01])[0-9][0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?$'
            then false
        when substr(value, 9, 2) <= '28' then true
        when substr(value, 6, 2) = '02' then
            substr(value, 9, 2) = '29' and substr(value, 1, 4)::integer % 4 = 0
            and (substr(value, 1, 4)::integer % 100 <> 0 or substr(value, 1, 4)::integer % 400 = 0)
        when substr(value, 6, 2) in ('04', '06', '09', '11') then substr(value, 9, 2) <= '30'
        else true end $$;
comment on function core.is_time(text) is 'Is this an RFC 3339 time, or one without offset? Then casting it cannot fail.';

create or replace function core.has_offset(value text) returns boolean
    language sql immutable parallel safe
    as $$ select right(value, 1) = 'Z' or substr(value, length(value) - 5, 1) in ('+', '-') $$;
comment on function core.has_offset(text) is 'Does a time for which core.is_time holds say its offset?';

grant usage on schema core to hansa_app;
grant execute on function core.is_line(text), core.uuidv7_at(bigint), core.uuidv7_at(bigint, text), core.uuidv7_tail(), core.uuidv7(), core.rfc3339(timestamptz),
    core.rfc3339_local(timestamptz, text), core.is_time(text), core.has_offset(text) to hansa_app;
