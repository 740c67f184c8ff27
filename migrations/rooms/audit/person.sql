-- What room audit holds of a person, and how it is erased without touching a sealed entry (decision 0020).

create or replace function audit.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
begin
    return jsonb_build_object(
        'audit.entry', (select jsonb_agg(v.body order by v.entry_id)
                          from (select e.entry_id from audit.entry e where e.tenant_id = p_tenant and e.actor_id = any (v_ids)
                                union select e.entry_id from audit.entry e where e.tenant_id = p_tenant and e.object_id = any (v_ids)) f
                          join audit.v_entry v on v.tenant_id = p_tenant and v.entry_id = f.entry_id),
        'audit.origin', (select jsonb_agg(jsonb_build_object('address', o.address, 'day', o.day) order by o.day, o.address)
                           from audit.origin o where o.tenant_id = p_tenant and o.actor_id = any (v_ids)));
end $$;
comment on function audit.api_person_held(uuid, jsonb) is 'What the person did and what was done to their record, with addresses.';

create or replace function audit.api_person_erase(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
    v_salts integer;
    v_origins integer;
begin
    delete from audit.salt s where s.tenant_id = p_tenant and s.subject_id = any (v_ids);
    get diagnostics v_salts = row_count;
    delete from audit.origin o where o.tenant_id = p_tenant and o.actor_id = any (v_ids);
    get diagnostics v_origins = row_count;
    return jsonb_build_object('audit.salt', v_salts, 'audit.origin', v_origins);
end $$;
comment on function audit.api_person_erase(uuid, jsonb) is 'Deletes the salts and addresses of a person; what is sealed stays and says nothing of them.';

create or replace function audit.api_retention_apply(p_tenant uuid, p_days jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_origins integer;
begin
    with old as (
        select o.digest from audit.origin o
         where o.tenant_id = p_tenant and o.day < (now() at time zone 'UTC')::date - (p_days ->> 'ADDRESSES')::integer
         limit 1000)
    delete from audit.origin o using old where o.tenant_id = p_tenant and o.digest = old.digest;
    get diagnostics v_origins = row_count;
    return jsonb_build_object('ADDRESSES', v_origins);
end $$;
comment on function audit.api_retention_apply(uuid, jsonb) is 'Deletes addresses older than their days, a thousand at a time.';

-- A reading that is put on record: an export.
create or replace function audit.api_note_read(p_tenant uuid, p_context jsonb, p_object_kind text, p_object_id uuid, p_changes jsonb) returns boolean
    language plpgsql volatile
    as $$
begin
    perform audit.entry_add(p_tenant, p_context, 'READ', null, p_object_kind, p_object_id, p_changes);
    return true;
end $$;
comment on function audit.api_note_read(uuid, jsonb, text, uuid, jsonb) is 'Notes that data left the house: an export. Takes the same as api_note.';

grant execute on function audit.api_person_held(uuid, jsonb), audit.api_person_erase(uuid, jsonb), audit.api_retention_apply(uuid, jsonb),
    audit.api_note_read(uuid, jsonb, text, uuid, jsonb) to hansa_app;
