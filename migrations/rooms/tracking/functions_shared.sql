-- What room exchange asks of events, to tell them to those who have a part in a shipment.

create or replace function tracking.api_events_named(p_tenant uuid, p_shipment uuid, p_events uuid[])
    returns table (event_id uuid, body jsonb, leg_id uuid, source text, superseded_source text)
    language plpgsql stable
    as $$
begin
    return query
        select e.event_id, v.body::jsonb, e.leg_id, e.source, o.source
          from unnest(p_events) i (id)
         cross join lateral (
               select t.event_id, t.leg_id, t.source, t.supersedes from tracking.event t
                where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = i.id
               offset 0) e
         cross join lateral (
               select t.body from tracking.v_event t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = i.id
               offset 0) v
          left join lateral (
               select t.source from tracking.event t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = e.supersedes
               offset 0) o on true
         order by e.event_id;
end $$;
comment on function tracking.api_events_named(uuid, uuid, uuid[]) is
    'Events of a shipment by their ids, in the order of acceptance: body as in replies, leg, source, and the source of the event that each corrects.';

create or replace function tracking.api_event_is_known(p_tenant uuid, p_source text, p_source_event text) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from tracking.event e where e.tenant_id = p_tenant and e.source = p_source and e.source_event_id = p_source_event);
end $$;
comment on function tracking.api_event_is_known(uuid, text, text) is 'Has the tenant an event of this source and id?';

grant execute on function tracking.api_events_named(uuid, uuid, uuid[]), tracking.api_event_is_known(uuid, text, text) to hansa_app;

create or replace function tracking.api_proof(p_tenant uuid, p_proof uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_strip_nulls(jsonb_build_object('proof_id', p.proof_id, 'shipment_id', p.shipment_id, 'event_id', p.event_id, 'signer', p.signer_name,
               'condition', p.condition, 'pieces_ok', p.pieces_ok, 'pieces_short', p.pieces_short, 'pieces_damaged', p.pieces_damaged,
               'latitude', p.latitude, 'longitude', p.longitude, 'delivered_at', core.rfc3339(p.delivered_at), 'zone', p.zone,
               'signature', files.api_told(p_tenant, p.signature_file_id),
               'photos', (select jsonb_agg(files.api_told(p_tenant, h.file_id) order by h.position) from tracking.proof_photo h
                           where h.tenant_id = p_tenant and h.proof_id = p.proof_id)))
      from tracking.proof_of_delivery p
     where p.tenant_id = p_tenant and p.proof_id = p_proof);
end $$;
comment on function tracking.api_proof(uuid, uuid) is 'A proof of delivery for documents, its files by their digests; null when there is none.';

-- Under the same id as at whom it was given. Its event may have come already, by itself; else it is recorded now.
drop function if exists tracking.api_proof_told(uuid, uuid, uuid, text, jsonb);
create or replace function tracking.api_proof_told(p_tenant uuid, p_giver uuid, p_shipment uuid, p_leg uuid, p_source text, p_proof jsonb) returns void
    language plpgsql volatile
    as $$
declare
    p tracking.proof_of_delivery;
begin
    if not tracking.api_event_is_known(p_tenant, p_source, p_proof ->> 'event_id') then
        perform tracking.api_events_record(p_tenant, null, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('shipment_id', p_shipment, 'leg_id', p_leg,
            'source', p_source, 'source_event_id', p_proof -> 'event_id', 'code', 'POD', 'event_time', p_proof -> 'delivered_at'))));
    end if;
    insert into tracking.proof_of_delivery (tenant_id, proof_id, shipment_id, event_id, signer_name, condition, pieces_ok, pieces_short, pieces_damaged,
                                            latitude, longitude, delivered_at, zone, signature_file_id)
    select p_tenant, (p_proof ->> 'proof_id')::uuid, p_shipment, e.event_id, p_proof ->> 'signer', p_proof ->> 'condition', (p_proof ->> 'pieces_ok')::integer,
           coalesce((p_proof ->> 'pieces_short')::integer, 0), coalesce((p_proof ->> 'pieces_damaged')::integer, 0),
           (p_proof ->> 'latitude')::numeric, (p_proof ->> 'longitude')::numeric, e.event_time, e.zone,
           files.api_given(p_tenant, p_giver, p_shipment, 'Signature', p_proof -> 'signature')
      from tracking.event e
     where e.tenant_id = p_tenant and e.source = p_source and e.source_event_id = p_proof ->> 'event_id'
    returning * into p;
    insert into tracking.proof_photo (tenant_id, proof_id, position, file_id)
    select p_tenant, p.proof_id, g.place, g.file_id
      from (select t.ordinality as place, files.api_given(p_tenant, p_giver, p_shipment, 'Photo ' || t.ordinality, t.value) as file_id
              from jsonb_array_elements(coalesce(p_proof -> 'photos', '[]')) with ordinality t
            offset 0) g
     where g.file_id is not null and p.proof_id is not null;
    perform tracking.proof_exceptions(p_tenant, p);
end $$;
comment on function tracking.api_proof_told(uuid, uuid, uuid, uuid, text, jsonb) is 'Keeps a proof of delivery that a partner gave, with its files and its event POD.';

grant execute on function tracking.api_proof(uuid, uuid), tracking.api_proof_told(uuid, uuid, uuid, uuid, text, jsonb) to hansa_app;
