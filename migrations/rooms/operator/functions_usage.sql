-- What all tenants used, in one list.

-- Whoever works for a tenant counts that one alone: behind its wall there are no other rows, and another's would be counted as none.
create or replace function operator.kept_count(p_tenant uuid) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    if p_tenant is distinct from nullif(current_setting('hansa.tenant_id', true), '')::uuid then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'A tenant is counted by a unit of its own.';
    elsif identity.api_is_sandbox(p_tenant) then
        return false;
    end if;
    insert into operator.kept as k (of_tenant, rows_kept, bytes_kept, counted_at)
    select p_tenant, c.rows_kept, c.bytes_kept, now() from operator.rows_count(p_tenant) c
        on conflict (of_tenant) do update
       set rows_kept = excluded.rows_kept, bytes_kept = excluded.bytes_kept, counted_at = excluded.counted_at;
    return true;
end $$;
comment on function operator.kept_count(uuid) is 'Counts what the unit''s tenant keeps; false for a sandbox, which counts nowhere.';

create or replace function operator.span_read(p_from timestamptz, p_to timestamptz, p_name text, out begins timestamptz, out ends timestamptz)
    language plpgsql stable
    as $$
begin
    ends := coalesce(p_to, now());
    begins := coalesce(p_from, ends - interval '24 hours');
    if begins >= ends or ends - begins > interval '92 days' then
        raise exception using errcode = 'PN422', message = 'operator/span_wrong', column = p_name,
            detail = 'Begin lies before the end, and at most 92 days before it.';
    end if;
end $$;
comment on function operator.span_read(timestamptz, timestamptz, text) is 'The time to be looked at: without an end until now, without a begin a day; 422 for none or too long a one.';

-- A place in the list is [amount, tenant, end of the time]: the amount has the sign by which it is sorted, and all pages end at one moment.
create or replace function operator.usages(p_operator uuid, p_after text, p_most integer, p_from timestamptz, p_to timestamptz, p_status text, p_sort text)
    returns table (place bigint, next text, body json)
    language plpgsql stable security definer set search_path = ''
    as $$
declare
    v_after jsonb := p_after::jsonb;
    v_span record;
begin
    perform operator.demand(p_operator);
    select s.* into v_span from operator.span_read(p_from, coalesce(p_to, (v_after ->> 2)::timestamptz), 'hour_from') s;
    return query
        select row_number() over (order by a.amount desc, a.id desc),
               json_build_array(a.amount, a.id, v_span.ends)::text,
               json_build_object('tenant', json_build_object('tenant_id', a.id, 'slug', a.slug, 'name', a.name, 'status', a.status),
                   'requests', a.requests, 'refused', a.refused, 'bytes_out', a.bytes_out, 'rows', a.rows_kept, 'bytes_kept', a.bytes_kept,
                   'counted_at', core.rfc3339(a.counted_at), 'storage_bytes', a.storage_bytes)
          from (select t.id, t.slug, t.name, t.status, t.storage_bytes, u.requests, u.refused, u.bytes_out, k.rows_kept, k.bytes_kept, k.counted_at,
                       case when p_sort like '-%' then 1 else -1 end
                       * case ltrim(p_sort, '-') when 'requests' then u.requests when 'refused' then u.refused when 'bytes_out' then u.bytes_out
                                                 else coalesce(k.bytes_kept, 0) end as amount
                  from identity.v_tenant t
                  left join operator.kept k on k.of_tenant = t.id
                 cross join lateral (
                       select coalesce(sum(h.requests), 0)::bigint as requests, coalesce(sum(h.refused), 0)::bigint as refused,
                              coalesce(sum(h.bytes_out), 0)::bigint as bytes_out
                         from operator.usage_hour h
                        where h.of_tenant = t.id and h.hour >= date_trunc('hour', v_span.begins, 'UTC') and h.hour < v_span.ends) u
                 where not t.is_operator and t.sandbox_of is null and (p_status is null or t.status = p_status)) a
         where v_after is null or (a.amount, a.id) < ((v_after ->> 0)::bigint, (v_after ->> 1)::uuid)
         order by a.amount desc, a.id desc
         limit p_most;
end $$;
comment on function operator.usages(uuid, text, integer, timestamptz, timestamptz, text, text) is 'A page of what all tenants used within a time, sorted by one of the counts.';

revoke all on operator.kept from hansa_app;
grant execute on function operator.kept_count(uuid), operator.span_read(timestamptz, timestamptz, text),
    operator.usages(uuid, text, integer, timestamptz, timestamptz, text, text) to hansa_app;
