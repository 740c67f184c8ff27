-- What room orders shows to other rooms.
create or replace view orders.v_shipment_number with (security_invoker = true) as
select tenant_id, number_key, shipment_id, kind, number from orders.shipment_number;
comment on view orders.v_shipment_number is 'Numbers of shipments; search with number_key = orders.api_number_key(what somebody typed).';

create or replace view orders.v_handling_unit with (security_invoker = true) as
select tenant_id, handling_unit_id, shipment_id, parent_id, sscc from orders.handling_unit;
comment on view orders.v_handling_unit is 'Handling units of shipments.';

-- A shipment in the shape in which every reply shows it; a column that is not asked for costs nothing.
create or replace view orders.v_shipment with (security_invoker = true) as
select s.tenant_id, s.shipment_id, s.tracking_number, s.account_id,
       (select a.customer from crm.v_account a where a.tenant_id = s.tenant_id and a.account_id = s.account_id) as customer,
       s.carrier_scac, s.mode, s.service, s.incoterm, s.incoterm_place,
       (select coalesce(json_agg(json_build_object('kind', n.kind, 'number', n.number) order by n.kind, n.number), '[]'::json)
          from orders.shipment_number n
         where n.tenant_id = s.tenant_id and n.shipment_id = s.shipment_id and n.kind not in ('TRACKING', 'SSCC')) as "references",
       s.origin, s.destination,
       case when coalesce(s.planned_pickup_from, s.planned_pickup_to) is not null then
           json_build_object('from', core.rfc3339(s.planned_pickup_from), 'to', core.rfc3339(s.planned_pickup_to),
                             'zone', s.planned_pickup_zone) end as planned_pickup,
       case when coalesce(s.planned_delivery_from, s.planned_delivery_to) is not null then
           json_build_object('from', core.rfc3339(s.planned_delivery_from), 'to', core.rfc3339(s.planned_delivery_to),
                             'zone', s.planned_delivery_zone) end as planned_delivery,
       s.planned_delivery_date, s.planned_delivery_zone, s.source, core.rfc3339(s.created_at) as created_at
  from orders.shipment s;
comment on view orders.v_shipment is 'Shipments in the shape of the replies.';

grant select on orders.v_shipment_number, orders.v_handling_unit, orders.v_shipment to hansa_app;
