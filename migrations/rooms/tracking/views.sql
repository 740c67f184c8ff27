-- What room tracking shows to other rooms, and the shapes of its own replies.
create or replace view tracking.v_shipment_status with (security_invoker = true) as
select tenant_id, shipment_id, status,
       core.rfc3339(status_event_time) as status_time,
       array_to_json(array_remove(array[case when is_delayed then 'DELAYED' end, case when is_held then 'HELD' end,
                                        case when is_damaged then 'DAMAGED' end], null)) as flags,
       case when part_status is not null then
           json_build_object('status', part_status, 'units', part_units, 'of', part_of) end as part,
       core.rfc3339(eta) as eta,
       core.rfc3339(last_event_time) as last_event_time
  from tracking.shipment_status;
comment on view tracking.v_shipment_status is 'Derived status of shipments in the shape of the replies.';

create or replace view tracking.v_event with (security_invoker = true) as
select e.tenant_id, e.shipment_id, e.event_id, e.event_time, e.code,
       (select row_to_json(x)
          from (select e.event_id, e.code, e.reason, core.rfc3339(e.event_time) as event_time, e.zone, e.zone_source,
                       core.rfc3339(e.received_at) as received_at,
                       case when coalesce(e.unlocode, e.place_name, e.city, e.region, e.country, e.latitude::text) is not null then
                           json_build_object('unlocode', e.unlocode, 'name', e.place_name, 'city', e.city, 'region', e.region,
                                             'country', e.country, 'latitude', e.latitude, 'longitude', e.longitude) end as place,
                       core.rfc3339(e.eta) as eta,
                       case when e.handling_unit_id is not null then
                           (select u.sscc from orders.v_handling_unit u
                             where u.tenant_id = e.tenant_id and u.handling_unit_id = e.handling_unit_id) end as sscc,
                       e.source, e.source_event_id, e.raw_code, e.raw_list, e.supersedes, e.superseded_by) x) as body
  from tracking.event e;
comment on view tracking.v_event is 'Events in the shape of the replies.';

grant select on tracking.v_shipment_status, tracking.v_event to hansa_app;
