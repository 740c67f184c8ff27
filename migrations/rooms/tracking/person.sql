-- What room tracking holds of a receiver, and how it is erased (room privacy asks; decision 0021): the name of a place may be
-- a person's. A public link tells nobody's name, and its views are counted, not who looked.

create or replace function tracking.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_shipments uuid[] := orders.api_person_shipments(p_tenant, p_person);
begin
    return jsonb_build_object('tracking.event', (
        select jsonb_agg(jsonb_build_object('event_id', e.event_id, 'shipment_id', e.shipment_id, 'code', e.code, 'event_time', e.event_time,
                                            'place_name', e.place_name, 'details', e.details, 'city', e.city, 'country', e.country) order by e.event_id)
          from tracking.event e
         where e.tenant_id = p_tenant and e.shipment_id = any (v_shipments)),
        'tracking.proof_of_delivery', (
        select jsonb_agg(jsonb_build_object('proof_id', p.proof_id, 'shipment_id', p.shipment_id, 'signer', p.signer_name, 'delivered_at', p.delivered_at,
                                            'condition', p.condition) order by p.proof_id)
          from tracking.proof_of_delivery p
         where p.tenant_id = p_tenant and p.shipment_id = any (v_shipments)));
end $$;
comment on function tracking.api_person_held(uuid, jsonb) is 'What happened to the person''s shipments.';

create or replace function tracking.api_person_erase(p_tenant uuid, p_person jsonb, p_shipments uuid[]) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_events integer;
    v_proofs integer;
begin
    -- whoever signed for the receiver goes with the receiver, and with them the segments in which names may stand
    update tracking.event e set details = nullif(e.details - '{signer,remarks,segments}'::text[], '{}')
     where e.tenant_id = p_tenant and e.shipment_id = any (p_shipments) and e.details ?| '{signer,remarks,segments}';
    update tracking.event e set place_name = null, raw = null
     where e.tenant_id = p_tenant and e.shipment_id = any (p_shipments)
       and (position(lower(p_person -> 'receiver' ->> 'name') in lower(e.place_name)) > 0
            or position(lower(p_person -> 'receiver' ->> 'name') in lower(e.raw)) > 0);
    get diagnostics v_events = row_count;
    update tracking.proof_of_delivery p set signer_name = null
     where p.tenant_id = p_tenant and p.shipment_id = any (p_shipments) and p.signer_name is not null;
    get diagnostics v_proofs = row_count;
    update tracking.exception x
       set note = case when position(lower(p_person -> 'receiver' ->> 'name') in lower(x.note)) > 0 then null else x.note end,
           resolution = case when position(lower(p_person -> 'receiver' ->> 'name') in lower(x.resolution)) > 0 then 'Erased' else x.resolution end
     where x.tenant_id = p_tenant and x.shipment_id = any (p_shipments);
    return jsonb_build_object('tracking.event', v_events, 'tracking.proof_of_delivery', v_proofs);
end $$;
comment on function tracking.api_person_erase(uuid, jsonb, uuid[]) is 'Takes the receiver''s name out of events of these shipments.';

create or replace function tracking.api_retention_apply(p_tenant uuid, p_days jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_views integer;
begin
    update tracking.link l set last_viewed_at = null
     where l.tenant_id = p_tenant and l.last_viewed_at < now() - make_interval(days => (p_days ->> 'LINK_VIEWS')::integer);
    get diagnostics v_views = row_count;
    return jsonb_build_object('LINK_VIEWS', v_views);
end $$;
comment on function tracking.api_retention_apply(uuid, jsonb) is 'Forgets when a public link was last looked at.';

grant execute on function tracking.api_person_held(uuid, jsonb), tracking.api_person_erase(uuid, jsonb, uuid[]),
    tracking.api_retention_apply(uuid, jsonb) to hansa_app;
