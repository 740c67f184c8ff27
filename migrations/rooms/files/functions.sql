-- Files: who reaches one, how much room there is, writing and deleting them with the audit's note.

create or replace function files.file_document(p_file files.file) returns json
    language sql stable
    as $$ select json_build_object('file_id', p_file.file_id, 'name', p_file.name, 'media_type', p_file.media_type,
                                   'size_bytes', p_file.size_bytes, 'sha256', encode(p_file.sha256, 'hex'),
                                   'kind', p_file.kind, 'visibility', p_file.visibility,
                                   'shipment_id', p_file.shipment_id, 'content_url', '/v1/files/' || p_file.file_id || '/content',
                                   'created_at', core.rfc3339(p_file.created_at), 'created_by', p_file.created_by) $$;
comment on function files.file_document(files.file) is 'A file as replies show it.';

-- --- for whom ---

-- What a file of this kind is shared with when nobody says more. A carrier's own bill is not its customer's; who uploads shares with his kind.
create or replace function files.visibility_of(p_kind text, p_uploader text) returns text[]
    language sql immutable parallel safe
    as $$ select array(select a.word
                         from unnest('{PARTNER,CUSTOMER}'::text[]) a (word)
                        where a.word = p_uploader
                           or p_kind in ('POD', 'SIGNATURE', 'WAYBILL')
                           or (a.word = 'CUSTOMER' and p_kind in ('INVOICE', 'CUSTOMS') and p_uploader is null)) $$;
comment on function files.visibility_of(text, text) is
    'Default visibility by kind and by who uploads (PARTNER, CUSTOMER, null: staff): proofs and waybills for all who reach the shipment, staff''s invoices and customs papers for the customer, the rest for staff.';

-- "partner,customer" or "staff", as the upload says it.
create or replace function files.visibility_read(p_words text) returns text[]
    language plpgsql immutable strict
    as $$
declare
    v_words text[] := string_to_array(upper(p_words), ',');
begin
    if not v_words <@ '{STAFF,PARTNER,CUSTOMER,PUBLIC}'::text[] then
        raise exception using errcode = 'PN400', message = 'core/malformed', column = 'visibility',
            detail = 'Expected STAFF, PARTNER, CUSTOMER, PUBLIC, with commas between them.';
    end if;
    return array(select distinct w from unnest(v_words) w where w <> 'STAFF' order by w desc);
end $$;
comment on function files.visibility_read(text) is 'Words with commas between them as a visibility; staff see every file anyway.';

-- Is a file for this audience (null: staff), of those who reach it?
create or replace function files.is_open(p_file files.file, p_actor uuid, p_audience text) returns boolean
    language sql immutable parallel safe
    as $$ select p_audience is null or coalesce(p_file.created_by = p_actor, false) or p_file.visibility && array[p_audience, 'PUBLIC'] $$;
comment on function files.is_open(files.file, uuid, text) is 'Staff see every file, others their own and those whose visibility names them.';

drop function if exists files.is_reached(uuid, uuid, jsonb, uuid, uuid);
create or replace function files.is_reached(p_actor uuid, p_reach jsonb, p_file files.file) returns boolean
    language plpgsql stable
    as $$
begin
    if p_reach is null or p_reach = 'null' then
        return true;
    elsif p_file.shipment_id is null then
        return p_file.created_by = p_actor;
    end if;
    return files.is_open(p_file, p_actor, identity.api_audience(p_reach)) and orders.api_is_reached(p_file.tenant_id, p_reach, p_file.shipment_id);
end $$;
comment on function files.is_reached(uuid, jsonb, files.file) is
    'May the caller see a file? One of a shipment: who reaches that, outsiders if it is for them; another: who reaches the tenant, and who uploaded it.';

create or replace function files.api_is_reached(p_tenant uuid, p_actor uuid, p_reach jsonb, p_file uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from files.file f where f.tenant_id = p_tenant and f.file_id = p_file and files.is_reached(p_actor, p_reach, f));
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
    v_audience text := identity.api_audience(p_reach);
    v_shipments uuid[];
begin
    if p_shipment is not null then
        return array(select f.file_id from files.file f
                      where f.tenant_id = p_tenant and f.shipment_id = p_shipment and f.file_id < v_below
                        and files.is_open(f, p_actor, v_audience) and orders.api_is_reached(p_tenant, p_reach, p_shipment)
                      order by f.file_id desc limit p_most);
    elsif v_scac is not null then
        v_shipments := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.carrier_scac = v_scac limit v_few + 1);
    else
        v_shipments := array(select s.shipment_id from orders.v_shipment s where s.tenant_id = p_tenant and s.account_id = any (v_accounts) limit v_few + 1);
    end if;
    if cardinality(v_shipments) > v_few then
        return array(select f.file_id from files.file f
                      where f.tenant_id = p_tenant and f.file_id < v_below
                        and files.is_reached(p_actor, p_reach, f)
                      order by f.file_id desc limit p_most);
    end if;
    return array(select r.file_id
                   from ((select f.file_id from files.file f
                           where f.tenant_id = p_tenant and f.shipment_id = any (v_shipments) and f.file_id < v_below
                             and files.is_open(f, p_actor, v_audience)
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
            detail = case when identity.api_audience(p_reach) is null then
                         format('Of the %s bytes agreed %s are used; this file has %s.', v_most,
                                coalesce((select h.bytes from files.holding h where h.tenant_id = p_tenant), 0), p_size)
                          else 'There is no room left for it.' end;
    end if;
    return true;
end $$;
comment on function files.room_demand(uuid, jsonb, uuid, bigint) is 'Raises when the shipment is not reached or the storage of the tenant does not suffice.';

drop function if exists files.file_create(uuid, uuid, jsonb, jsonb, uuid, text, text, bigint, bytea);
create or replace function files.file_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_kind text, p_visibility text,
                                             p_name text, p_media_type text, p_size bigint, p_sha256 bytea) returns json
    language plpgsql volatile
    as $$
declare
    v_file files.file;
begin
    insert into files.holding (tenant_id) values (p_tenant) on conflict (tenant_id) do nothing;
    perform from files.holding h where h.tenant_id = p_tenant for update;
    perform files.room_demand(p_tenant, p_reach, p_shipment, p_size);
    update files.holding h set files = h.files + 1, bytes = h.bytes + p_size where h.tenant_id = p_tenant;
    insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name, shipment_id, created_by, kind, visibility)
    values (p_tenant, core.uuidv7(), p_sha256, p_media_type, p_size, p_name, p_shipment, p_actor, p_kind,
            coalesce(files.visibility_read(p_visibility), files.visibility_of(p_kind, identity.api_audience(p_reach))))
    returning * into v_file;
    perform audit.api_note(p_tenant, p_context, 'file', v_file.file_id, jsonb_build_object('media_type', p_media_type, 'size_bytes', p_size,
        'sha256', encode(p_sha256, 'hex'), 'shipment_id', p_shipment, 'kind', p_kind, 'visibility', to_jsonb(v_file.visibility),
        'personal', jsonb_build_object('name', p_name)));
    return files.file_document(v_file);
end $$;
comment on function files.file_create(uuid, uuid, jsonb, jsonb, uuid, text, text, text, text, bigint, bytea) is
    'Writes the row of a file whose bytes are in the store. p_visibility null: as its kind and who uploads say.';

create or replace function files.file_change(p_tenant uuid, p_context jsonb, p_actor uuid, p_reach jsonb, p_file uuid, p_if_match text, p_patch jsonb,
                                             out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old files.file;
    v_new files.file;
begin
    select * into v_old from files.file f where f.tenant_id = p_tenant and f.file_id = p_file for update;
    if not found or not files.is_reached(p_actor, p_reach, v_old) then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.kind := coalesce(p_patch ->> 'kind', v_old.kind);
    if p_patch ? 'visibility' then
        v_new.visibility := array(select distinct w from jsonb_array_elements_text(p_patch -> 'visibility') w order by w desc);
    end if;
    if v_new is distinct from v_old then
        update files.file f set kind = v_new.kind, visibility = v_new.visibility, version = f.version + 1
         where f.tenant_id = p_tenant and f.file_id = p_file
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'file', p_file, jsonb_build_object('shipment_id', v_old.shipment_id,
            'kind', jsonb_build_object('old', v_old.kind, 'new', v_new.kind),
            'visibility', jsonb_build_object('old', to_jsonb(v_old.visibility), 'new', to_jsonb(v_new.visibility))));
    end if;
    body := files.file_document(v_new);
    version := v_new.version;
end $$;
comment on function files.file_change(uuid, jsonb, uuid, jsonb, uuid, text, jsonb) is 'Says what a file is and for whom; null when the caller reaches none.';

-- A file of which nobody has said what it is, and that then stands in a proof of delivery, is that.
create or replace function files.api_proof_keep(p_tenant uuid, p_signature uuid, p_photos uuid[]) returns void
    language plpgsql volatile
    as $$
begin
    update files.file f
       set kind = case when f.file_id = p_signature then 'SIGNATURE' else 'POD' end, version = f.version + 1,
           visibility = array(select distinct w from unnest(f.visibility || files.visibility_of('POD', null)) w order by w desc)
     where f.tenant_id = p_tenant and f.kind = 'OTHER' and f.file_id = any (p_photos || p_signature);
end $$;
comment on function files.api_proof_keep(uuid, uuid, uuid[]) is 'Signature and photos of a proof are for who reaches the shipment, unless somebody has said what they are.';

create or replace function files.file_delete(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_file uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old files.file;
begin
    perform from files.holding h where h.tenant_id = p_tenant for update;  -- two deletions of one file stand in line here
    select * into v_old from files.file f where f.tenant_id = p_tenant and f.file_id = p_file;
    if not found or not files.is_reached(p_actor, p_reach, v_old) then
        return null;
    elsif identity.api_audience(p_reach) is not null and v_old.created_by is distinct from p_actor then
        raise exception using errcode = 'PN403', message = 'files/not_yours', detail = 'You see it; who uploaded it or the firm''s staff delete it.';
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

grant execute on function files.file_document(files.file), files.visibility_of(text, text), files.visibility_read(text),
    files.is_open(files.file, uuid, text), files.is_reached(uuid, jsonb, files.file), files.api_is_reached(uuid, uuid, jsonb, uuid),
    files.page_reached(uuid, uuid, jsonb, text, integer, uuid), files.room_demand(uuid, jsonb, uuid, bigint),
    files.file_create(uuid, uuid, jsonb, jsonb, uuid, text, text, text, text, bigint, bytea),
    files.file_change(uuid, jsonb, uuid, jsonb, uuid, text, jsonb), files.api_proof_keep(uuid, uuid, uuid[]),
    files.file_delete(uuid, uuid, jsonb, jsonb, uuid) to hansa_app;
