-- Being told: whoever wants to hear of each event of a shipment has it watched; the others pay nothing for it.

create or replace function tracking.api_watch(p_tenant uuid, p_shipment uuid) returns void
    language plpgsql volatile
    as $$
begin
    update tracking.shipment_status s set is_watched = true
     where s.tenant_id = p_tenant and s.shipment_id = p_shipment and not s.is_watched;
end $$;
comment on function tracking.api_watch(uuid, uuid) is 'From now on each recording of events of the shipment writes an event tracking.shipment.told.';

-- Called under the locks of the status rows: all events of this moment are of this call.
create or replace function tracking.shipments_tell(p_tenant uuid, p_shipments uuid[], p_microsecond bigint, p_now timestamptz) returns void
    language plpgsql volatile
    as $$
begin
    perform core.api_event(p_tenant, 'tracking.shipment.told', 'shipment', n.shipment_id,
                           jsonb_build_object('event_ids', n.ids, 'status', s.status))
       from (select e.shipment_id, jsonb_agg(e.event_id order by e.event_id) as ids
               from unnest(p_shipments) i (shipment_id)
              cross join lateral (
                    select v.shipment_id, v.event_id from tracking.event v
                     where v.tenant_id = p_tenant and v.shipment_id = i.shipment_id
                       and v.event_id >= core.uuidv7_at(p_microsecond, '0000-000000000000') and v.received_at = p_now
                    offset 0) e
              group by e.shipment_id) n
       join tracking.shipment_status s on s.tenant_id = p_tenant and s.shipment_id = n.shipment_id;
end $$;
comment on function tracking.shipments_tell(uuid, uuid[], bigint, timestamptz) is 'Writes tracking.shipment.told for those of the shipments of which something new was recorded.';

grant execute on function tracking.api_watch(uuid, uuid), tracking.shipments_tell(uuid, uuid[], bigint, timestamptz) to hansa_app;

-- By an event, like everything that happens to a shipment: the status is never typed in.
create or replace function tracking.api_shipments_cancel(p_tenant uuid, p_actor uuid, p_shipments uuid[]) returns void
    language plpgsql volatile
    as $$
begin
    if cardinality(p_shipments) > 0 then
        perform tracking.api_events_record(p_tenant, p_actor, (
            select jsonb_agg(jsonb_build_object('shipment_id', i, 'source', 'orders', 'source_event_id', 'cancelled:' || i, 'code', 'BCX',
                                                'event_time', core.rfc3339(date_trunc('second', clock_timestamp()))))
              from unnest(p_shipments) i));
    end if;
end $$;
comment on function tracking.api_shipments_cancel(uuid, uuid, uuid[]) is 'Tells an event BCX of each of the shipments.';

grant execute on function tracking.api_shipments_cancel(uuid, uuid, uuid[]) to hansa_app;
