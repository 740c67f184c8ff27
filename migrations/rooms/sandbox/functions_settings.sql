-- Filling a sandbox. The firm's settings are handed to it like any document that goes to another tenant: read in the firm's unit, written
-- in the sandbox's. They keep their ids, so that what an integrator configures here fits there. Which tables they are the rooms say
-- (core.setting); they are walked by the catalogue, as this room knows none of them.

create or replace function sandbox.settings_hand(p_tenant uuid, out hand_to uuid, out body jsonb)
    language plpgsql stable
    as $$
declare
    v_table text;
    v_left_out text[];
    v_rows jsonb;
begin
    hand_to := identity.api_sandbox_id(p_tenant);
    body := '{}';
    for v_table, v_left_out in select s.table_name, s.left_out from core.setting s order by s.place loop
        execute format('select coalesce(jsonb_agg((to_jsonb(t) - $2) || jsonb_build_object(''tenant_id'', $3)), ''[]'') from %s t where t.tenant_id = $1', v_table)
           into v_rows using p_tenant, v_left_out, hand_to;
        body := body || jsonb_build_object(v_table, v_rows);
    end loop;
end $$;
comment on function sandbox.settings_hand(uuid) is 'In the firm''s unit: {table: rows} of all its settings, as its sandbox is to have them.';

-- What has no value in the row takes the column's default, as it would for whoever made it.
create or replace function sandbox.settings_take(p_tenant uuid, p_settings jsonb) returns integer
    language plpgsql volatile
    as $$
declare
    v_table text;
    v_columns text;
    v_count integer := 0;
begin
    if not identity.api_is_sandbox(p_tenant) then
        raise exception using errcode = 'PN409', message = 'sandbox/not_here', detail = 'Only a sandbox is filled.';
    end if;
    for v_table in select s.table_name from core.setting s where p_settings ? s.table_name order by s.place loop
        -- one statement a table: whom a row refers to may stand behind it
        select string_agg(quote_ident(k), ', ') into v_columns from jsonb_object_keys(p_settings -> v_table -> 0) k;
        continue when v_columns is null;
        execute format('insert into %s (%s) select %s from jsonb_populate_recordset(null::%s, $1) on conflict do nothing',
                       v_table, v_columns, v_columns, v_table) using p_settings -> v_table;
        v_count := v_count + jsonb_array_length(p_settings -> v_table);
    end loop;
    update sandbox.emptying e set status = 'ENDED', ended_at = clock_timestamp() where e.tenant_id = p_tenant and e.status = 'RUNNING';
    return v_count;
end $$;
comment on function sandbox.settings_take(uuid, jsonb) is
    'In the sandbox''s unit: takes settings over, leaving what it has; that ends an emptying. Answers how many were told.';

create or replace function sandbox.api_settle(p_firm uuid) returns boolean
    language plpgsql volatile
    as $$
begin
    return core.api_job(p_firm, 'sandbox.settle', '{}', null, 'settle');
end $$;
comment on function sandbox.api_settle(uuid) is 'Has the sandbox of a firm filled with the firm''s settings.';

grant execute on function sandbox.settings_hand(uuid), sandbox.settings_take(uuid, jsonb), sandbox.api_settle(uuid) to hansa_app;
