-- The foundations that every room's SQL stands on. Knows no business word.
-- Runs once, as hansa_owner, who owns the database. Roles are made by deploy, never here.

-- Nothing of ours lives in public, and nothing that we make is executable by everyone.
revoke all on schema public from public;
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

-- The migrator may have made these two already, to know what it has applied.
create schema if not exists core;
create table if not exists core.migration (
    path text primary key,
    sha256 text not null,
    applied_at timestamptz not null default clock_timestamp()
);

comment on schema core is 'Foundations: ids, times, text checks, applied migrations. No business words.';
comment on table core.migration is 'Which migration files have been applied, with the checksum of what was applied.';

-- IANA zone names that this PostgreSQL knows. pg_timezone_names reads hundreds of files at each look; this is a look-up.
create table core.zone (
    zone text primary key
);
comment on table core.zone is 'IANA time zone names; filled by migrations/rooms/core/zones.sql.';

-- Stands here and not among the replaceable functions, because check constraints rest on it (promise I4).
create function core.is_line(value text) returns boolean
    language sql immutable parallel safe
    return value !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]' and value is nfc normalized;
comment on function core.is_line(text) is 'One line of text: no control and no bidi characters, Unicode normal form C. Null gives null.';
