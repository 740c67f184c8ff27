-- Idempotency-Key (standards.md 5.4): the effect and the memory of its answer are one transaction.
--
-- A request under a key runs the endpoint's own prepared statement from in here. Two at once: the later one does not wait, it
-- is told that the first one is at work; a waiting statement would hold up the strangers behind it on the same connection.
-- Expected refusals are outcomes and not SQL errors, so that neighbours in the same transaction are not sent twice.
create or replace function core.once(
    p_tenant uuid, p_actor uuid, p_route text, p_key text, p_hash bytea, p_statement text, p_values jsonb, p_is_secret boolean,
    out outcome text, out is_replay boolean, out body text, out columns jsonb)
    language plpgsql volatile
    as $$
-- v_row has the columns of whatever statement is run; plpgsql_check cannot know them.
-- @plpgsql_check_options: other_warnings = false, extra_warnings = false
declare
    v_known core.idempotency;
    v_row record;
    v_all json;
    v_count bigint;
    v_state text;
    v_message text;
    v_column text;
    v_detail text;
    v_constraint text;
    v_hint text;
    v_values text := (select string_agg(quote_nullable(v.value), ', ' order by v.ordinality)
                        from jsonb_array_elements_text(p_values) with ordinality v);
begin
    is_replay := false;
    if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, p_actor, p_route, p_key), 0)) then
        outcome := 'RUNNING';
        return;
    end if;
    -- a statement of its own: it sees what the last holder of the lock committed
    select * into v_known from core.idempotency i
     where i.tenant_id = p_tenant and i.actor_id = p_actor and i.route = p_route and i.key = p_key and i.expires_at > now();
    if found then
        is_replay := true;
        outcome := case when v_known.request_hash <> p_hash then 'MISMATCH' when v_known.is_secret then 'SECRET' else v_known.outcome end;
        if outcome in ('ROW', 'ERROR') then
            body := v_known.body;
            columns := v_known.columns;
        end if;
        return;
    end if;

    begin
        execute format('execute %I%s', p_statement, '(' || v_values || ')') into v_row;
        get diagnostics v_count = row_count;
        outcome := case when v_count = 0 then 'NONE' else 'ROW' end;
        if v_count > 0 then
            v_all := to_json(v_row);
            body := case json_typeof(v_all -> 'body') when 'null' then null when 'string' then v_all ->> 'body'
                                                      else (v_all -> 'body')::text end;
            columns := (select jsonb_object_agg(c.key, c.value) from json_each(v_all) c where c.key <> 'body');
        end if;
    exception when others then
        get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_column = column_name,
                                v_detail = pg_exception_detail, v_constraint = constraint_name, v_hint = pg_exception_hint;
        if v_state !~ '^(PN4|22|23)' or v_state in ('PN401', 'PN409', 'PN429') and v_message ~ '^core/' then
            raise;
        end if;
        outcome := 'ERROR';
        body := null;
        -- DETAIL of an error that is not ours may tell values of rows
        columns := jsonb_build_object('state', v_state, 'message', case when v_state ~ '^PN' then v_message end, 'column', nullif(v_column, ''),
                                      'detail', case when v_state ~ '^PN' then nullif(v_detail, '') end, 'constraint', nullif(v_constraint, ''),
                                      'hint', case when v_state ~ '^PN' then nullif(v_hint, '') end);
    end;

    insert into core.idempotency (tenant_id, actor_id, route, key, request_hash, outcome, body, columns, is_secret, expires_at)
    values (p_tenant, p_actor, p_route, p_key, p_hash, outcome, case when not p_is_secret then body end,
            case when not p_is_secret then columns end, p_is_secret and outcome = 'ROW', now() + interval '24 hours')
        on conflict (tenant_id, actor_id, route, key) do update
       set request_hash = excluded.request_hash, outcome = excluded.outcome, body = excluded.body, columns = excluded.columns,
           is_secret = excluded.is_secret, created_at = clock_timestamp(), expires_at = excluded.expires_at;
end $$;
comment on function core.once(uuid, uuid, text, text, bytea, text, jsonb, boolean) is
    'Runs a prepared statement once for a key and remembers its row; outcome ROW, NONE, ERROR, or RUNNING, MISMATCH, SECRET.';

-- Of one tenant, behind its wall; the application role itself may delete nothing.
create or replace function core.idempotency_sweep(p_tenant uuid) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_count integer;
begin
    delete from core.idempotency i where i.tenant_id = p_tenant and i.expires_at <= now();
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function core.idempotency_sweep(uuid) is 'Forgets the answers of a tenant whose day is over; answers how many.';

revoke all on function core.once(uuid, uuid, text, text, bytea, text, jsonb, boolean), core.idempotency_sweep(uuid) from public;
grant execute on function core.once(uuid, uuid, text, text, bytea, text, jsonb, boolean), core.idempotency_sweep(uuid) to hansa_app;
