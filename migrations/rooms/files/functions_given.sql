-- Files that go from one tenant to another with a document (room exchange): no bytes are copied. The giver's books say that the bytes
-- are lent, so they stay; the receiver's row says in whose folder they lie. What was given stays given, as on paper.

create or replace function files.api_told(p_tenant uuid, p_file uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (select jsonb_build_object('sha256', encode(f.sha256, 'hex'), 'media_type', f.media_type, 'size_bytes', f.size_bytes)
              from files.file f
             where f.tenant_id = p_tenant and f.file_id = p_file);
end $$;
comment on function files.api_told(uuid, uuid) is 'A file as documents tell it: its digest, not its name, which may name people; null when there is none.';

-- Only bytes of our own: what somebody gave us is his to give.
create or replace function files.api_lend(p_tenant uuid, p_counterpart uuid, p_told jsonb) returns void
    language plpgsql volatile
    as $$
begin
    insert into files.loan (tenant_id, sha256, counterpart)
    select distinct p_tenant, f.sha256, p_counterpart
      from jsonb_array_elements(p_told) t
      join files.file f on f.tenant_id = p_tenant and f.sha256 = decode(t.value ->> 'sha256', 'hex') and f.origin_tenant is null
        on conflict (tenant_id, sha256, counterpart) do nothing;
end $$;
comment on function files.api_lend(uuid, uuid, jsonb) is 'Keeps the bytes of [{sha256}] for a counterpart who is given them.';

create or replace function files.api_given(p_tenant uuid, p_giver uuid, p_shipment uuid, p_name text, p_told jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_file uuid := core.uuidv7();
    v_size bigint := (p_told ->> 'size_bytes')::bigint;
begin
    if (p_told ?& '{sha256,media_type,size_bytes}') is not true then
        return null;
    end if;
    insert into files.holding (tenant_id) values (p_tenant) on conflict (tenant_id) do nothing;
    perform from files.holding h where h.tenant_id = p_tenant for update;
    if (select h.bytes from files.holding h where h.tenant_id = p_tenant) + v_size > (select t.storage_bytes from identity.v_tenant t where t.id = p_tenant) then
        return null;
    end if;
    update files.holding h set files = h.files + 1, bytes = h.bytes + v_size where h.tenant_id = p_tenant;
    insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name, shipment_id, origin_tenant)
    values (p_tenant, v_file, decode(p_told ->> 'sha256', 'hex'), p_told ->> 'media_type', v_size, p_name, p_shipment, p_giver);
    perform audit.api_note(p_tenant, '{}', 'file', v_file, jsonb_build_object('media_type', p_told -> 'media_type', 'size_bytes', v_size,
        'sha256', p_told -> 'sha256', 'shipment_id', p_shipment, 'given', true));
    return v_file;
end $$;
comment on function files.api_given(uuid, uuid, uuid, text, jsonb) is
    'The row of a file that a counterpart gave; null when it is not told whole or our storage does not suffice.';

grant execute on function files.api_told(uuid, uuid), files.api_lend(uuid, uuid, jsonb), files.api_given(uuid, uuid, uuid, text, jsonb) to hansa_app;
