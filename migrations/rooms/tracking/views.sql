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

-- The body is written by hand, as text: row_to_json and json_build_object look up the type of each member of each event anew,
-- which took a third of the time of a tracking answer. What is quoted without to_json is from closed lists or has no letters.
create or replace view tracking.v_event with (security_invoker = true) as
select t.tenant_id, t.shipment_id, t.event_id, t.event_time, t.code, t.body_text::json as body, t.body_text
  from (
select e.tenant_id, e.shipment_id, e.event_id, e.event_time, e.code,
       concat('{"event_id":"', e.event_id, '","code":"', e.code, '","reason":', coalesce(to_json(e.reason)::text, 'null'),
              ',"event_time":"', core.rfc3339(e.event_time), '","zone":"', e.zone, '","zone_source":"', e.zone_source,
              '","received_at":"', core.rfc3339(e.received_at), '","place":',
              case when coalesce(e.unlocode, e.place_name, e.city, e.region, e.country, e.latitude::text) is null then 'null' else
                  concat('{"unlocode":', coalesce(to_json(e.unlocode)::text, 'null'), ',"name":', coalesce(to_json(e.place_name)::text, 'null'),
                         ',"city":', coalesce(to_json(e.city)::text, 'null'), ',"region":', coalesce(to_json(e.region)::text, 'null'),
                         ',"country":', coalesce(to_json(e.country)::text, 'null'), ',"latitude":', coalesce(e.latitude::text, 'null'),
                         ',"longitude":', coalesce(e.longitude::text, 'null'), '}') end,
              ',"eta":', coalesce('"' || core.rfc3339(e.eta) || '"', 'null'),
              ',"sscc":', case when e.handling_unit_id is null then 'null' else
                  coalesce(to_json(orders.api_unit_sscc(e.tenant_id, e.handling_unit_id))::text, 'null') end,
              ',"source":', to_json(e.source), ',"source_event_id":', to_json(e.source_event_id),
              ',"raw_code":', coalesce(to_json(e.raw_code)::text, 'null'), ',"raw_list":', coalesce(to_json(e.raw_list)::text, 'null'),
              ',"supersedes":', coalesce('"' || e.supersedes || '"', 'null'),
              ',"superseded_by":', coalesce('"' || e.superseded_by || '"', 'null'),
              case when coalesce(e.consignment_id, e.leg_id, e.stop_id) is not null then
                  concat(',"consignment_id":"' || e.consignment_id || '"', ',"leg_id":"' || e.leg_id || '"', ',"stop_id":"' || e.stop_id || '"') end,
              ',"details":' || e.details::text, '}') as body_text
  from tracking.event e) t;
comment on view tracking.v_event is 'Events in the shape of the replies; body_text is the same JSON as text, for half the price.';

grant select on tracking.v_shipment_status, tracking.v_event to hansa_app;

-- When a shipment was first loaded and last delivered, by its events as they stand after corrections.
create or replace view tracking.v_shipment_clock with (security_invoker = true) as
select s.tenant_id, s.shipment_id, s.status, (s.status_number >= 30 and s.status <> 'CANCELLED') or e.loaded_at is not null as is_moved,
       e.loaded_at, e.unloaded_at, s.is_terminal
  from tracking.shipment_status s
 cross join lateral (
       select min(v.event_time) filter (where v.code in ('LDD', 'LOAD', 'PUP')) as loaded_at,
              max(v.event_time) filter (where v.code = 'DLV') as unloaded_at
         from tracking.event v
        where v.tenant_id = s.tenant_id and v.shipment_id = s.shipment_id and v.superseded_by is null) e;
comment on view tracking.v_shipment_clock is 'For shipments named one by one: status, whether it moves, and the times from which cycle times are reckoned.';
grant select on tracking.v_shipment_clock to hansa_app;

create or replace view tracking.v_level_event with (security_invoker = true) as
select e.tenant_id, e.event_id, e.shipment_id, e.leg_id, e.stop_id, e.code, e.event_time from tracking.event e where e.superseded_by is null;
comment on view tracking.v_level_event is 'Events as they stand after corrections; for those that name a leg or a stop.';
grant select on tracking.v_level_event to hansa_app;
