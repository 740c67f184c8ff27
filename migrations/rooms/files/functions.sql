-- Files: who reaches one, how much room there is, writing and deleting them with the audit's note.

create or replace function files.file_document(p_file files.file) returns json
    language sql stable
    as $$ select json_build_object('file_id', p_file.file_id, 'name', p_file.name, 'media_type', p_file.media_type,
                                   'size_bytes', p_file.size_bytes, 'sha256', encode(p_file.sha256, 'hex'),
                                   'shipment_id', p_file.shipment_id, 'content_url', '/v1/files/' || p_file.file_id || '/content',
                                   'created_at', core.rfc3339(p_file.created_at), 'created_by', p_file.created_by) $$;
comment on function files.file_document(files.file) is 'A file as replies show it.';

create or replace function files.is_reached(p_tenant uuid, p_actor uuid, p_reach jsonb, p_shipment uuid, p_created_by uuid) returns boolean
    language plpgsql stable
    as $$
begin
    if p_reach is null or p_reach = 'null' then
        return true;
    elsif p_shipment is null then
        return p_created_by = p_actor;
    end if;
    return orders.api_is_reached(p_tenant, p_reach, p_shipment);
end $$;
comment on function files.is_reached(uuid, uuid, jsonb, uuid, uuid) is
    'May the caller see a file? One of a shipment: who reaches that; another: who reaches the tenant, and who uploaded it.';

create or replace function files.api_is_reached(p_tenant uuid, p_actor uuid, p_reach jsonb, p_file uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from files.file f where f.tenant_id = p_tenant and f.file_id = p_file
                      and files.is_reached(p_tenant, p_actor, p_reach, f.shipment_id, f.created_by));
end $$;
comment on function files.api_is_reached(uuid, uuid, jsonb, uuid) is 'Is there such a file, and may the caller see it? For rooms that refer to files.';

-- A page of the list for a caller of less reach than the tenant: see orders.page_reached.
create or replace function files.page_reached(p_tenant uuid, p_actor uuid, p_reach jsonb, p_after text, p_most integer, p_shipment uuid) returns uuid[]
    language plpgsql stable
    as $$
declare
    v_few constant integer := 10000;
    v_below uuid := coalesce(p_after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    v_accounts uuid[] := case when p_reach ->> 'kind' <> 'PARTNER' then crm.api_accounts_reached(p_tenant, p_reach) else '{}' end;
    v_scac text := case when p_reach ->> 'kind' = 'PARTNER' then p_reach ->> 'scac' end;
    v_shipments uuid[];
begin
    if p_shipment is not null then
        return array(select f.file_id from files.file f
                      where f.tenant_id = p_tenant and f.shipment_id = p_shipment and f.file_id < v_below
                        and orders.api_is_reached(p_tenant, p_reach, p_shipment)
                      order by f.file_id desc limit p_most);
    elsif v_scac is not null then
        v_shipments := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.carrier_scac = v_scac limit v_few + 1);
    else
        v_shipments := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.account_id = any (v_accounts) limit v_few + 1);
    end if;
    if cardinality(v_shipments) > v_few then
        return array(select f.file_id from files.file f
                      where f.tenant_id = p_tenant and f.file_id < v_below
                        and files.is_reached(p_tenant, p_actor, p_reach, f.shipment_id, f.created_by)
                      order by f.file_id desc limit p_most);
    end if;
    return array(select r.file_id
                   from ((select f.file_id from files.file f
                           where f.tenant_id = p_tenant and f.shipment_id = any (v_shipments) and f.file_id < v_below
                           order by f.file_id desc limit p_most)
                         union all
                         (select f.file_id from files.file f
                           where f.tenant_id = p_tenant and f.created_by = p_actor and f.shipment_id is null and f.file_id < v_below
                           order by f.file_id desc limit p_most)) r
                  order by r.file_id desc limit p_most);
end $$;
comment on function files.page_reached(uuid, uuid, jsonb, text, integer, uuid) is
    'The newest files below p_after that the caller reaches, at most p_most; for callers of less reach than the tenant.';

create or replace function files.room_demand(p_tenant uuid, p_reach jsonb, p_shipment uuid, p_size bigint) returns boolean
    language plpgsql stable
    as $$
declare
    v_most bigint := (select t.storage_bytes from identity.v_tenant t where t.id = p_tenant);
begin
    if p_shipment is not null and not (orders.api_is_reached(p_tenant, p_reach, p_shipment)
       and exists (select from orders.v_shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment)) then
        raise exception using errcode = 'PN422', message = 'files/shipment_not_found', column = 'shipment_id',
            detail = 'There is no shipment with this id.';
    elsif coalesce((select h.bytes from files.holding h where h.tenant_id = p_tenant), 0) + p_size > v_most then
        raise exception using errcode = 'PN409', message = 'files/storage_exhausted',
            detail = format('Of the %s bytes agreed %s are used; this file has %s.', v_most,
                            coalesce((select h.bytes from files.holding h where h.tenant_id = p_tenant), 0), p_size);
    end if;
    return true;
end $$;
comment on function files.room_demand(uuid, jsonb, uuid, bigint) is 'Raises when the shipment is not reached or the storage of the tenant does not suffice.';

create or replace function files.file_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_name text,
                                             p_media_type text, p_size bigint, p_sha256 bytea) returns json
    language plpgsql volatile
    as $$
declare
    v_file files.file;
begin
    insert into files.holding (tenant_id) values (p_tenant) on conflict (tenant_id) do nothing;
    perform from files.holding h where h.tenant_id = p_tenant for update;
    perform files.room_demand(p_tenant, p_reach, p_shipment, p_size);
    update files.holding h set files = h.files + 1, bytes = h.bytes + p_size where h.tenant_id = p_tenant;
    insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name, shipment_id, created_by)
    values (p_tenant, core.uuidv7(), p_sha256, p_media_type, p_size, p_name, p_shipment, p_actor)
    returning * into v_file;
    perform audit.api_note(p_tenant, p_context, 'file', v_file.file_id, jsonb_build_object('media_type', p_media_type, 'size_bytes', p_size,
        'sha256', encode(p_sha256, 'hex'), 'shipment_id', p_shipment, 'personal', jsonb_build_object('name', p_name)));
    return files.file_document(v_file);
end $$;
comment on function files.file_create(uuid, uuid, jsonb, jsonb, uuid, text, text, bigint, bytea) is 'Writes the row of a file whose bytes are in the store.';

create or replace function files.file_delete(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_file uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old files.file;
begin
    perform from files.holding h where h.tenant_id = p_tenant for update;  -- two deletions of one file stand in line here
    select * into v_old from files.file f where f.tenant_id = p_tenant and f.file_id = p_file;
    if not found or not files.is_reached(p_tenant, p_actor, p_reach, v_old.shipment_id, v_old.created_by) then
        return null;
    end if;
    begin
        delete from files.file f where f.tenant_id = p_tenant and f.file_id = p_file;
    exception when foreign_key_violation then
        raise exception using errcode = 'PN409', message = 'files/file_in_use', detail = 'Take it out of what refers to it first.';
    end;
    update files.holding h set files = h.files - 1, bytes = h.bytes - v_old.size_bytes where h.tenant_id = p_tenant;
    return audit.api_note(p_tenant, p_context, 'file', p_file, jsonb_build_object('shipment_id', v_old.shipment_id,
        'sha256', encode(v_old.sha256, 'hex'), 'size_bytes', v_old.size_bytes, 'deleted', true));
end $$;
comment on function files.file_delete(uuid, uuid, jsonb, jsonb, uuid) is
    'Deletes the row of a file that nothing refers to; null when the caller reaches none. Its bytes go with the next sweep.';

grant execute on function files.file_document(files.file), files.is_reached(uuid, uuid, jsonb, uuid, uuid), files.api_is_reached(uuid, uuid, jsonb, uuid),
    files.page_reached(uuid, uuid, jsonb, text, integer, uuid), files.room_demand(uuid, jsonb, uuid, bigint),
    files.file_create(uuid, uuid, jsonb, jsonb, uuid, text, text, bigint, bytea), files.file_delete(uuid, uuid, jsonb, jsonb, uuid) to hansa_app;
