-- Proof of delivery: who took what in which condition. It is told as an event of code POD, in the same transaction.

create or replace function tracking.proof_document(p_tenant uuid, p_proof tracking.proof_of_delivery) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('proof_id', p_proof.proof_id, 'shipment_id', p_proof.shipment_id, 'event_id', p_proof.event_id,
        'signer', p_proof.signer_name, 'condition', p_proof.condition, 'pieces_ok', p_proof.pieces_ok, 'pieces_short', p_proof.pieces_short,
        'pieces_damaged', p_proof.pieces_damaged, 'delivered_at', core.rfc3339(p_proof.delivered_at), 'latitude', p_proof.latitude,
        'longitude', p_proof.longitude, 'signature_file_id', p_proof.signature_file_id,
        'photo_file_ids', (select coalesce(json_agg(p.file_id order by p.position), '[]'::json) from tracking.proof_photo p
                            where p.tenant_id = p_tenant and p.proof_id = p_proof.proof_id),
        'created_at', core.rfc3339(p_proof.created_at));
end $$;
comment on function tracking.proof_document(uuid, tracking.proof_of_delivery) is 'A proof of delivery as replies show it.';

create or replace function tracking.proof_check(p_tenant uuid, p_actor uuid, p_reach jsonb, p_body jsonb) returns void
    language plpgsql stable
    as $$
declare
    v_bad bigint;
begin
    if (case p_body ->> 'condition'
           when 'GOOD' then coalesce((p_body ->> 'pieces_short')::integer, 0) + coalesce((p_body ->> 'pieces_damaged')::integer, 0) > 0
           when 'DAMAGED' then coalesce((p_body ->> 'pieces_damaged')::integer, 0) = 0
           when 'SHORT' then coalesce((p_body ->> 'pieces_short')::integer, 0) = 0
           else false end) then
        raise exception using errcode = 'PN422', message = 'tracking/condition_unfit', column = '/condition',
            detail = 'GOOD has no piece short or damaged, DAMAGED and SHORT have at least one.';
    elsif p_body ->> 'signature_file_id' is not null
          and not files.api_is_reached(p_tenant, p_actor, p_reach, (p_body ->> 'signature_file_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'tracking/file_unknown', column = '/signature_file_id', detail = 'There is no file with this id.';
    end if;
    select f.place - 1 into v_bad
      from jsonb_array_elements_text(coalesce(p_body -> 'photo_file_ids', '[]')) with ordinality as f (id, place)
     where not files.api_is_reached(p_tenant, p_actor, p_reach, f.id::uuid)
     order by f.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'tracking/file_unknown', column = '/photo_file_ids/' || v_bad,
            detail = 'There is no file with this id.';
    end if;
end $$;
comment on function tracking.proof_check(uuid, uuid, jsonb, jsonb) is 'Refuses a proof that contradicts itself or names files that are not there.';

create or replace function tracking.proof_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    p tracking.proof_of_delivery;
    v_proof uuid := core.uuidv7();
    v_at text := coalesce(p_body ->> 'delivered_at', core.rfc3339(date_trunc('second', clock_timestamp())));
    v_told json;
begin
    if not exists (select from orders.v_shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment)
       or not orders.api_part_is_reached(p_tenant, p_reach, p_shipment, (p_body ->> 'leg_id')::uuid) then
        return null;
    end if;
    perform tracking.proof_check(p_tenant, p_actor, p_reach, p_body);
    v_told := tracking.api_events_record(p_tenant, p_actor, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'shipment_id', p_shipment, 'source', 'proof', 'source_event_id', v_proof, 'code', 'POD', 'event_time', v_at,
        'leg_id', p_body -> 'leg_id', 'place', case when p_body ->> 'latitude' is not null then
            jsonb_build_object('latitude', p_body -> 'latitude', 'longitude', p_body -> 'longitude') end))), p_reach);
    if (v_told ->> 'accepted')::integer <> 1 then
        raise exception using errcode = 'PN422', message = v_told -> 'rejected' -> 0 ->> 'code',
            column = case when v_told -> 'rejected' -> 0 ->> 'field' like '%leg_id' then '/leg_id' else '/delivered_at' end,
            detail = v_told -> 'rejected' -> 0 ->> 'detail';
    end if;
    insert into tracking.proof_of_delivery (tenant_id, proof_id, shipment_id, event_id, signer_name, condition, pieces_ok, pieces_short, pieces_damaged,
                                            latitude, longitude, signature_file_id, delivered_at, zone, created_by)
    select p_tenant, v_proof, p_shipment, e.event_id, p_body ->> 'signer', p_body ->> 'condition', (p_body ->> 'pieces_ok')::integer,
           coalesce((p_body ->> 'pieces_short')::integer, 0), coalesce((p_body ->> 'pieces_damaged')::integer, 0), (p_body ->> 'latitude')::numeric,
           (p_body ->> 'longitude')::numeric, (p_body ->> 'signature_file_id')::uuid, e.event_time, e.zone, p_actor
      from tracking.event e
     where e.tenant_id = p_tenant and e.shipment_id = p_shipment and e.code = 'POD' and e.source_event_id = v_proof::text
    returning * into p;
    perform tracking.proof_exceptions(p_tenant, p);
    insert into tracking.proof_photo (tenant_id, proof_id, position, file_id)
    select p_tenant, v_proof, f.place, f.id::uuid
      from jsonb_array_elements_text(coalesce(p_body -> 'photo_file_ids', '[]')) with ordinality as f (id, place);
    perform files.api_proof_keep(p_tenant, p.signature_file_id, array(select h.file_id from tracking.proof_photo h
                                                                       where h.tenant_id = p_tenant and h.proof_id = v_proof));
    perform core.api_event(p_tenant, 'tracking.proof.given', 'proof', v_proof, jsonb_build_object('shipment_id', p_shipment, 'condition', p.condition));
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, jsonb_strip_nulls((p_body - 'signer') || jsonb_build_object('proof_id', v_proof,
        'personal', jsonb_build_object('subject', v_proof, 'signer', p_body -> 'signer'))));
    return tracking.proof_document(p_tenant, p);
end $$;
comment on function tracking.proof_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Notes a proof of delivery and tells the event POD; null when the caller reaches no such shipment.';

grant execute on function tracking.proof_document(uuid, tracking.proof_of_delivery), tracking.proof_check(uuid, uuid, jsonb, jsonb),
    tracking.proof_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) to hansa_app;
