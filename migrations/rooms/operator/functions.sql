-- What the operator sees and sets of all tenants. These functions run as their owner, to whom the directory of tenants lies
-- open; each asks first whether the unit is the operator's own, which only the corridor can have made so.

create or replace function operator.demand(p_operator uuid) returns void
    language plpgsql stable
    as $$
begin
    if p_operator is distinct from nullif(current_setting('hansa.tenant_id', true), '')::uuid
       or not exists (select from identity.v_tenant t where t.id = p_operator and t.is_operator and t.status = 'ACTIVE') then
        raise exception using errcode = 'PN403', message = 'operator/not_operator', detail = 'This is for operators of the platform.';
    end if;
end $$;
comment on function operator.demand(uuid) is 'Refuses a unit that is not the operator''s.';

create or replace function operator.tenant_document(p_tenant identity.v_tenant) returns json
    language sql stable
    as $$ select json_build_object('tenant_id', p_tenant.id, 'slug', p_tenant.slug, 'name', p_tenant.name, 'zone', p_tenant.zone,
              'locale', p_tenant.locale, 'status', p_tenant.status, 'suspended_at', core.rfc3339(p_tenant.suspended_at),
              'created_at', core.rfc3339(p_tenant.created_at),
              'limits', json_build_object('requests_per_minute', p_tenant.requests_per_minute,
                  'key_requests_per_minute', p_tenant.key_requests_per_minute, 'storage_bytes', p_tenant.storage_bytes),
              'sandbox', json_build_object('tenant_id', identity.api_sandbox_id(p_tenant.id), 'limits', json_build_object(
                  'requests_per_minute', identity.api_tenth(p_tenant.requests_per_minute),
                  'key_requests_per_minute', identity.api_tenth(p_tenant.key_requests_per_minute),
                  'storage_bytes', identity.api_tenth(p_tenant.storage_bytes)))) $$;
comment on function operator.tenant_document(identity.v_tenant) is 'A tenant as the operator''s replies show it.';

create or replace function operator.tenants(p_operator uuid, p_below uuid, p_most integer, p_status text)
    returns table (tenant_id uuid, body json)
    language plpgsql stable security definer set search_path = ''
    as $$
begin
    perform operator.demand(p_operator);
    return query
        select t.id, operator.tenant_document(t)
          from identity.v_tenant t
         where not t.is_operator and t.sandbox_of is null and t.id < coalesce(p_below, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           and (p_status is null or t.status = p_status)
         order by t.id desc
         limit p_most;
end $$;
comment on function operator.tenants(uuid, uuid, integer, text) is 'A page of tenants, newest first.';

drop function if exists operator.tenant(uuid, uuid);
create function operator.tenant(p_operator uuid, p_tenant uuid, out body json, out version integer)
    language plpgsql stable security definer set search_path = ''
    as $$
begin
    perform operator.demand(p_operator);
    select operator.tenant_document(t), t.version into body, version
      from identity.v_tenant t where t.id = p_tenant and not t.is_operator and t.sandbox_of is null;
end $$;
comment on function operator.tenant(uuid, uuid) is 'One tenant, or nulls.';

create or replace function operator.api_tenant_demand(p_operator uuid, p_tenant uuid) returns uuid
    language plpgsql stable
    as $$
begin
    if (select k.body from operator.tenant(p_operator, p_tenant) k) is null then
        raise exception using errcode = 'PN404', message = 'operator/tenant_not_found';
    end if;
    return p_tenant;
end $$;
comment on function operator.api_tenant_demand(uuid, uuid) is 'Refuses who is no operator, and what is no tenant: a sandbox, the operator''s own, an id of nobody.';

create or replace function operator.tenant_create(p_operator uuid, p_body jsonb) returns json
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_id uuid;
begin
    perform operator.demand(p_operator);
    -- a statement of its own: what follows must see the row
    v_id := identity.api_tenant_create(p_body);
    return (select k.body from operator.tenant(p_operator, v_id) k);
end $$;
comment on function operator.tenant_create(uuid, jsonb) is 'Makes a tenant; its roles are opened in a unit of its own.';

create or replace function operator.tenant_status_set(p_operator uuid, p_tenant uuid, p_status text, out body json, out is_changed boolean)
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    perform operator.demand(p_operator);
    is_changed := identity.api_tenant_status_set(p_tenant, p_status);
    body := (select k.body from operator.tenant(p_operator, p_tenant) k);
end $$;
comment on function operator.tenant_status_set(uuid, uuid, text) is 'Suspends or resumes a tenant; body is null when there is none.';

create or replace function operator.limits_set(p_operator uuid, p_tenant uuid, p_body jsonb, out body json, out is_changed boolean)
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    perform operator.demand(p_operator);
    is_changed := identity.api_tenant_limits_set(p_tenant, (p_body ->> 'requests_per_minute')::integer,
                                                 (p_body ->> 'key_requests_per_minute')::integer, (p_body ->> 'storage_bytes')::bigint);
    body := (select k.body from operator.tenant(p_operator, p_tenant) k);
end $$;
comment on function operator.limits_set(uuid, uuid, jsonb) is 'Sets all limits of a tenant; body is null when there is none.';

create or replace function operator.tenant_change(p_operator uuid, p_tenant uuid, p_if_match text, p_patch jsonb,
                                                  out body json, out version integer, out changes jsonb)
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    perform operator.demand(p_operator);
    select p.changes into changes from identity.api_tenant_patch(p_tenant, p_if_match, p_patch) p;
    -- a statement of its own: what follows must see the row as it is now
    select k.body, k.version into body, version from operator.tenant(p_operator, p_tenant) k;
end $$;
comment on function operator.tenant_change(uuid, uuid, text, jsonb) is 'Renames a tenant or moves it to another zone or language; body is null when there is none.';

-- --- usage ---

-- The servers' own books, of no tenant: no endpoint leads here, and it tells nothing.
create or replace function operator.usage_note(p_batch jsonb) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_count integer;
begin
    perform core.house_demand();
    insert into operator.usage_hour as u (of_tenant, hour, requests, refused, bytes_out)
    select t.id, date_trunc('hour', coalesce(n.hour, now()), 'UTC'), sum(coalesce(n.requests, 0)), sum(coalesce(n.refused, 0)),
           sum(coalesce(n.bytes_out, 0))
      from jsonb_to_recordset(p_batch) as n (tenant uuid, hour timestamptz, requests bigint, refused bigint, bytes_out bigint)
      join identity.v_tenant t on t.id = n.tenant and t.sandbox_of is null
     group by 1, 2
     order by 1, 2
        on conflict (of_tenant, hour) do update
       set requests = u.requests + excluded.requests, refused = u.refused + excluded.refused, bytes_out = u.bytes_out + excluded.bytes_out;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function operator.usage_note(jsonb) is
    'Adds [{tenant, hour, requests, refused, bytes_out}] to the hours'' counts; unknown tenants and sandboxes are left out. Answers the hours touched.';

-- Every walled table, found in the catalogue, counted behind the wall of the unit's own tenant.
create or replace function operator.rows_count(p_tenant uuid, out rows_kept bigint, out bytes_kept bigint)
    language plpgsql stable security definer set search_path = ''
    as $$
declare
    v_table regclass;
    v_rows bigint;
    v_bytes bigint;
begin
    rows_kept := 0;
    bytes_kept := 0;
    for v_table in
        select c.oid::regclass
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^(pg_|information_schema)'
    loop
        execute format('select count(*), coalesce(sum(pg_column_size(t.*)), 0) from %s t where t.tenant_id = $1', v_table)
           into v_rows, v_bytes using p_tenant;
        rows_kept := rows_kept + v_rows;
        bytes_kept := bytes_kept + v_bytes;
    end loop;
end $$;
comment on function operator.rows_count(uuid) is 'Rows of the unit''s tenant and their bytes; of another tenant it counts none.';

create or replace function operator.usage(p_operator uuid, p_tenant uuid, p_from timestamptz, p_to timestamptz, p_rows text, p_bytes text) returns json
    language plpgsql stable security definer set search_path = ''
    as $$
declare
    v_from timestamptz;
    v_to timestamptz;
begin
    perform operator.demand(p_operator);
    select s.begins, s.ends into v_from, v_to from operator.span_read(p_from, p_to, 'from') s;
    return (
    select json_build_object('tenant_id', t.id, 'from', core.rfc3339(v_from), 'to', core.rfc3339(v_to),
               'requests', coalesce(sum(u.requests), 0), 'refused', coalesce(sum(u.refused), 0), 'bytes_out', coalesce(sum(u.bytes_out), 0),
               'hours', coalesce(json_agg(json_build_object('hour', core.rfc3339(u.hour), 'requests', u.requests, 'refused', u.refused,
                                                            'bytes_out', u.bytes_out) order by u.hour) filter (where u.hour is not null), '[]'),
               'rows', p_rows::bigint, 'bytes_kept', p_bytes::bigint, 'storage_bytes', t.storage_bytes)
      from identity.v_tenant t
      left join operator.usage_hour u on u.of_tenant = t.id and u.hour >= date_trunc('hour', v_from, 'UTC') and u.hour < v_to
     where t.id = p_tenant and not t.is_operator and t.sandbox_of is null
     group by t.id, t.storage_bytes);
end $$;
comment on function operator.usage(uuid, uuid, timestamptz, timestamptz, text, text) is 'What a tenant used; null when there is none.';

revoke all on operator.usage_hour from hansa_app;
grant usage on schema operator to hansa_app;
grant execute on function operator.tenant_document(identity.v_tenant), operator.tenants(uuid, uuid, integer, text), operator.tenant(uuid, uuid),
    operator.api_tenant_demand(uuid, uuid), operator.tenant_create(uuid, jsonb), operator.tenant_status_set(uuid, uuid, text), operator.limits_set(uuid, uuid, jsonb),
    operator.tenant_change(uuid, uuid, text, jsonb), operator.usage_note(jsonb), operator.rows_count(uuid), operator.usage(uuid, uuid, timestamptz, timestamptz, text, text) to hansa_app;
