-- What room exchange holds of a receiver, and how it is erased (room privacy asks; decision 0021): files are kept byte for
-- byte, and a file that names the person goes as a whole. Its report stays, without the segments that it shows. Documents between tenants likewise:
-- each house erases in its own books.

create or replace function exchange.names_receiver(p_raw bytea, p_receiver jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select position(convert_to(upper(p_receiver ->> 'name'), 'UTF8') in p_raw) > 0
              or position(convert_to(p_receiver ->> 'name', 'UTF8') in p_raw) > 0 $$;
comment on function exchange.names_receiver(bytea, jsonb) is 'Does the file hold the name, as given or in capitals?';

create or replace function exchange.tells_of_receiver(p_body jsonb, p_receiver jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select position(lower(trim('"' from to_json(p_receiver ->> 'name')::text)) in lower(p_body::text)) > 0 $$;
comment on function exchange.tells_of_receiver(jsonb, jsonb) is 'Does a document hold the name?';

-- Segments that the report shows as they stood may name people; the rest of it names nobody.
create or replace function exchange.report_bare(p_report jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select p_report || jsonb_build_object('sets', coalesce((
              select jsonb_agg(s.value || '{"kept": []}' order by s.place) from jsonb_array_elements(p_report -> 'sets') with ordinality s (value, place)), '[]')) $$;
comment on function exchange.report_bare(jsonb) is 'A report without the segments that it shows as they stood.';

create or replace function exchange.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return jsonb_build_object('exchange.edi_message', (
        select jsonb_agg(jsonb_build_object('message_id', m.message_id, 'received_at', m.received_at, 'sender', m.sender,
                                            'raw', encode(m.raw, 'base64')) order by m.message_id)
          from exchange.edi_message m
         where m.tenant_id = p_tenant and exchange.names_receiver(m.raw, p_person -> 'receiver')),
        'exchange.document', (
        select jsonb_agg(jsonb_build_object('document_id', d.document_id, 'direction', d.direction, 'kind', d.kind, 'created_at', d.created_at,
                                            'body', d.body) order by d.document_id)
          from exchange.document d
         where d.tenant_id = p_tenant and exchange.tells_of_receiver(d.body, p_person -> 'receiver')));
end $$;
comment on function exchange.api_person_held(uuid, jsonb) is 'Files and documents that name the person.';

create or replace function exchange.api_person_erase(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_messages integer;
    v_documents integer;
begin
    update exchange.edi_message m set raw = '', report = exchange.report_bare(m.report)
     where m.tenant_id = p_tenant and exchange.names_receiver(m.raw, p_person -> 'receiver');
    get diagnostics v_messages = row_count;
    update exchange.document d set body = '{}'
     where d.tenant_id = p_tenant and exchange.tells_of_receiver(d.body, p_person -> 'receiver');
    get diagnostics v_documents = row_count;
    return jsonb_build_object('exchange.edi_message', v_messages, 'exchange.document', v_documents);
end $$;
comment on function exchange.api_person_erase(uuid, jsonb) is 'Empties files and documents that name the person; that they were sent stays.';

create or replace function exchange.api_retention_apply(p_tenant uuid, p_days jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_files integer;
    v_documents integer;
begin
    with old as (
        select d.document_id from exchange.document d
         where d.tenant_id = p_tenant and d.body <> '{}' and d.state <> 'QUEUED'
           and d.document_id < core.uuidv7_at((extract(epoch from now() - make_interval(days => (p_days ->> 'EDI_FILES')::integer)) * 1000000)::bigint)
         order by d.document_id
         limit 1000)
    update exchange.document d set body = '{}' from old where d.tenant_id = p_tenant and d.document_id = old.document_id;
    get diagnostics v_documents = row_count;
    with old as (
        select m.message_id from exchange.edi_message m
         where m.tenant_id = p_tenant and octet_length(m.raw) > 0
           and m.received_at < now() - make_interval(days => (p_days ->> 'EDI_FILES')::integer)
         order by m.message_id
         limit 1000)
    update exchange.edi_message m set raw = '', report = exchange.report_bare(m.report) from old where m.tenant_id = p_tenant and m.message_id = old.message_id;
    get diagnostics v_files = row_count;
    return jsonb_build_object('EDI_FILES', v_files + v_documents);
end $$;
comment on function exchange.api_retention_apply(uuid, jsonb) is 'Empties files and documents older than their days, a thousand of each at a time.';

grant execute on function exchange.report_bare(jsonb), exchange.names_receiver(bytea, jsonb), exchange.tells_of_receiver(jsonb, jsonb), exchange.api_person_held(uuid, jsonb), exchange.api_person_erase(uuid, jsonb),
    exchange.api_retention_apply(uuid, jsonb) to hansa_app;
