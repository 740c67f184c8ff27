-- What statements use to meet the conventions of replies: versions and If-Match, members that ?expand adds.

-- p_if_match is what :if_match binds: null (not sent), '*', or the versions named, parted by blanks; weak and foreign tags are
-- left out by the server, so they match nothing (RFC 9110, 13.1.1).
create or replace function core.is_match(p_if_match text, p_version bigint) returns boolean
    language sql immutable parallel safe
    as $$ select p_if_match is null or p_if_match = '*' or p_version::text = any (string_to_array(p_if_match, ' ')) $$;
comment on function core.is_match(text, bigint) is 'Does If-Match admit this version of a row?';

create or replace function core.json_with(p_object json, p_name text, p_value json) returns json
    language sql immutable parallel safe
    as $$ select (left(rtrim(p_object::text), -1) || ',' || to_json(p_name)::text || ':' || coalesce(p_value::text, 'null') || '}')::json $$;
comment on function core.json_with(json, text, json) is 'An object that has members already with one more at its end; the others keep their bytes.';

-- RFC 7396 for one level: what the patch does not name stays, null deletes.
create or replace function core.patched(p_patch jsonb, p_name text, p_old text) returns text
    language sql immutable parallel safe
    as $$ select case when p_patch ? p_name then p_patch ->> p_name else p_old end $$;
comment on function core.patched(jsonb, text, text) is 'The value of a member after a merge patch.';

-- For the hint of a refusal, such as 409 orders/order_state: the server makes of it the member `steps` of the problem.
create or replace function core.steps(p_steps text[]) returns text
    language sql immutable parallel safe
    as $$ select 'steps: ' || array_to_string(p_steps, ' ') $$;
comment on function core.steps(text[]) is 'What is possible instead of what was refused, as the hint of an error; empty: nothing.';

revoke all on function core.steps(text[]), core.is_match(text, bigint), core.json_with(json, text, json), core.patched(jsonb, text, text) from public;
grant execute on function core.steps(text[]), core.is_match(text, bigint), core.json_with(json, text, json), core.patched(jsonb, text, text) to hansa_app;
