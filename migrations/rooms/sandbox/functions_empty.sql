-- Emptying: a chain of jobs, each of which deletes some thousand rows and queues the next in the same transaction. So a kill anywhere costs
-- one batch, nobody waits for long behind a lock, and asking twice is asking once. What goes is found in the catalogue: every walled
-- table but the audit, which is the house's own record, and this room's note of how far it is.

-- A table stands behind those that refer to it; what refers to itself goes leaf by leaf.
create or replace function sandbox.tables_to_empty() returns setof regclass
    language plpgsql stable
    as $$
declare
    v_rest oid[] := array(
        select c.oid
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' and n.nspname <> 'audit' and c.oid <> 'sandbox.emptying'::regclass
         order by c.oid);
    v_free oid[];
begin
    while cardinality(v_rest) > 0 loop
        v_free := array(
            select r.id from unnest(v_rest) r (id)
             where not exists (select from pg_catalog.pg_constraint f
                                where f.contype = 'f' and f.confrelid = r.id and f.conrelid <> r.id and f.conrelid = any (v_rest)));
        if cardinality(v_free) = 0 then
            raise exception 'tables refer to one another in a circle: %', v_rest::regclass[];
        end if;
        return query select f.id::regclass from unnest(v_free) f (id);
        v_rest := array(select r.id from unnest(v_rest) r (id) where r.id <> all (v_free));
    end loop;
end $$;
comment on function sandbox.tables_to_empty() is 'Walled tables that are emptied, each behind those that refer to it.';

create or replace function sandbox.leaf_condition(p_table regclass) returns text
    language sql stable
    as $$ select coalesce(string_agg(format(' and not exists (select from %s c where %s)', p_table, f.joined), ''), '')
            from (select string_agg(format('c.%I = t.%I', own.attname, other.attname), ' and ') as joined
                    from pg_catalog.pg_constraint k
                   cross join lateral unnest(k.conkey, k.confkey) u (own_no, other_no)
                    join pg_catalog.pg_attribute own on own.attrelid = k.conrelid and own.attnum = u.own_no
                    join pg_catalog.pg_attribute other on other.attrelid = k.confrelid and other.attnum = u.other_no
                   where k.contype = 'f' and k.conrelid = p_table and k.confrelid = p_table
                   group by k.oid) f $$;
comment on function sandbox.leaf_condition(regclass) is 'SQL: no row of the same table refers to this one.';

-- Deletes what the application role itself may not touch, in the unit of a sandbox and behind its wall: of a firm it deletes nothing,
-- whoever calls it.
create or replace function sandbox.rows_delete(p_tenant uuid, p_most integer) returns integer
    language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
    as $$
declare
    v_table regclass;
    v_count integer;
    v_left integer := p_most;
begin
    if not identity.api_is_sandbox(p_tenant) or p_tenant is distinct from nullif(current_setting('hansa.tenant_id', true), '')::uuid then
        raise exception using errcode = 'PN409', message = 'sandbox/not_here', detail = 'Only a sandbox is emptied.';
    end if;
    delete from core.job j where j.of_tenant = p_tenant and j.lease is null and j.kind not like 'sandbox.%';
    for v_table in select t.one from sandbox.tables_to_empty() with ordinality t (one, place) order by t.place loop
        loop
            execute format('delete from %s d where d.tenant_id = $1 and d.ctid = any (array(select t.ctid from %s t where t.tenant_id = $1%s limit $2))',
                           v_table, v_table, sandbox.leaf_condition(v_table)) using p_tenant, v_left;
            get diagnostics v_count = row_count;
            v_left := v_left - v_count;
            exit when v_count = 0 or v_left <= 0;
        end loop;
        exit when v_left <= 0;
    end loop;
    return p_most - v_left;
end $$;
comment on function sandbox.rows_delete(uuid, integer) is 'Deletes up to p_most rows of the unit''s own sandbox and the jobs that wait for it; answers how many.';

create or replace function sandbox.sandbox_document(p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return (
    select json_build_object('tenant_id', t.id, 'name', t.name, 'status', t.status,
               'steps', case when coalesce(e.status = 'ENDED', true) then '{empty}' else '{}' end::text[],
               'limits', json_build_object('requests_per_minute', t.requests_per_minute, 'key_requests_per_minute', t.key_requests_per_minute,
                                           'storage_bytes', t.storage_bytes),
               'emptying', case when e.tenant_id is not null then json_build_object('status', e.status, 'requested_at', core.rfc3339(e.requested_at),
                   'started_at', core.rfc3339(e.started_at), 'ended_at', core.rfc3339(e.ended_at), 'rows_deleted', e.rows_deleted) end)
      from identity.v_tenant t
      left join sandbox.emptying e on e.tenant_id = t.id
     where t.id = p_tenant and t.sandbox_of is not null);
end $$;
comment on function sandbox.sandbox_document(uuid) is 'A sandbox as replies show it, in its own unit; null when there is none.';

create or replace function sandbox.empty_begin(p_tenant uuid, p_context jsonb) returns json
    language plpgsql volatile
    as $$
begin
    if sandbox.sandbox_document(p_tenant) is null then
        return null;
    end if;
    insert into sandbox.emptying as e (tenant_id, status) values (p_tenant, 'WAITING')
        on conflict (tenant_id) do update
           set status = 'WAITING', requested_at = clock_timestamp(), started_at = null, ended_at = null, rows_deleted = 0
         where e.status = 'ENDED';
    if found then
        perform audit.api_note(p_tenant, p_context, 'sandbox', p_tenant, '{"emptying": "asked for"}');
    end if;
    -- also when one is at work: it may have been given up, and of two that wait one is enough
    perform core.api_job(p_tenant, 'sandbox.empty', '{}', null, 'empty');
    return sandbox.sandbox_document(p_tenant);
end $$;
comment on function sandbox.empty_begin(uuid, jsonb) is 'Has the unit''s own sandbox emptied, unless that is at work; answers its document.';

create or replace function sandbox.empty_step(p_tenant uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_most constant integer := 5000;
    v_count integer;
begin
    -- the row's lock: two jobs empty one behind the other
    update sandbox.emptying e set status = 'RUNNING', started_at = coalesce(e.started_at, clock_timestamp())
     where e.tenant_id = p_tenant and e.status <> 'ENDED';
    if not found then
        return 0;
    end if;
    v_count := sandbox.rows_delete(p_tenant, v_most);
    update sandbox.emptying e set rows_deleted = e.rows_deleted + v_count where e.tenant_id = p_tenant;
    if v_count = v_most then
        perform core.api_job(p_tenant, 'sandbox.empty', '{}', null, 'empty');
    else
        perform audit.api_note(p_tenant, '{"actor_kind": "SYSTEM", "endpoint": "sandbox/empty"}', 'sandbox', p_tenant,
            (select jsonb_build_object('emptying', 'done', 'rows_deleted', e.rows_deleted) from sandbox.emptying e where e.tenant_id = p_tenant));
        perform sandbox.api_settle(t.sandbox_of) from identity.v_tenant t where t.id = p_tenant;
    end if;
    return v_count;
end $$;
comment on function sandbox.empty_step(uuid) is 'One batch of an emptying; queues the next, or, when nothing is left, has the settings made anew. Answers the rows deleted.';

grant execute on function sandbox.tables_to_empty(), sandbox.leaf_condition(regclass), sandbox.rows_delete(uuid, integer),
    sandbox.sandbox_document(uuid), sandbox.empty_begin(uuid, jsonb), sandbox.empty_step(uuid) to hansa_app;
