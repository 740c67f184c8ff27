-- What room files holds of a person, and how it is erased (room privacy asks; decision 0021): photos and signatures of the
-- shipments of a receiver. They prove a delivery and stay as long as the shipment does; a name of a file that names the person goes.

create or replace function files.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_shipments uuid[] := orders.api_person_shipments(p_tenant, p_person);
begin
    return jsonb_build_object('files.file', (
        select jsonb_agg(files.file_document(f) order by f.file_id)
          from files.file f where f.tenant_id = p_tenant and f.shipment_id = any (v_shipments)));
end $$;
comment on function files.api_person_held(uuid, jsonb) is 'Files of the shipments on which the person is a party.';

create or replace function files.api_person_erase(p_tenant uuid, p_person jsonb, p_shipments uuid[]) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_files integer;
begin
    update files.file f set name = 'Erased'
     where f.tenant_id = p_tenant
       and (f.shipment_id = any (p_shipments) and position(lower(p_person -> 'receiver' ->> 'name') in lower(f.name)) > 0);
    get diagnostics v_files = row_count;
    return jsonb_build_object('files.file', v_files);
end $$;
comment on function files.api_person_erase(uuid, jsonb, uuid[]) is 'Takes the receiver''s name out of names of files of these shipments.';

grant execute on function files.api_person_held(uuid, jsonb), files.api_person_erase(uuid, jsonb, uuid[]) to hansa_app;
