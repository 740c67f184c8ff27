-- What room orders shows to other rooms.
create or replace view orders.v_shipment_number with (security_invoker = true) as
select tenant_id, number_key, shipment_id, kind, number from orders.shipment_number;
comment on view orders.v_shipment_number is 'Numbers of shipments; search with number_key = orders.api_number_key(what somebody typed).';

create or replace view orders.v_handling_unit with (security_invoker = true) as
select tenant_id, handling_unit_id, shipment_id, parent_id, sscc, consignment_id from orders.handling_unit;
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

create or replace view orders.v_order with (security_invoker = true) as
select o.tenant_id, o.order_id, o.order_number, o.account_id, o.state, o.source, o.source_id, o.price_amount, o.price_currency, o.origin,
       o.destination, o.mode, o.service, o.pickup_from, o.delivery_to, o.created_at, o.submitted_at, o.confirmed_at, o.loaded_at, o.unloaded_at,
       coalesce(o.ordered_at, o.submitted_at, o.created_at) as ordered_at
  from orders.order_ o;
comment on view orders.v_order is 'Orders, for other rooms; who shows one asks orders.api_order_is_reached.';

create or replace view orders.v_order_reference with (security_invoker = true) as
select tenant_id, number_key, order_id, kind, number from orders.order_reference;
comment on view orders.v_order_reference is 'Numbers of orders, their own among them (kind ORDER); search with orders.api_number_key.';

create or replace view orders.v_cargo_line with (security_invoker = true) as
select tenant_id, order_id, line, description, hs_code, quantity, unit, weight_kg, value_amount, value_currency, un_number from orders.cargo_line;
comment on view orders.v_cargo_line is 'Goods of orders.';

create or replace view orders.v_stop with (security_invoker = true) as
select tenant_id, stop_id, shipment_id, seq, type, place, window_from, window_to, zone, arrived_at, departed_at from orders.stop;
comment on view orders.v_stop is 'Stops of shipments, in order (seq).';

create or replace view orders.v_leg with (security_invoker = true) as
select tenant_id, leg_id, shipment_id, seq, mode, state, consignment_id, from_stop_id, to_stop_id, carrier_account_id, carrier_scac, vehicle,
       planned_departure, planned_arrival, actual_departure, actual_arrival, loaded_at, unloaded_at, cost_amount, cost_currency, co2_kg, version
  from orders.leg;
comment on view orders.v_leg is 'Legs of shipments; cost is for staff and the carrier of the leg alone.';

create or replace view orders.v_consignment with (security_invoker = true) as
select tenant_id, consignment_id, shipment_id, kind, number, carrier_account_id, carrier_scac from orders.consignment;
comment on view orders.v_consignment is 'Contracts of carriage under their waybills.';

grant select on orders.v_order, orders.v_order_reference, orders.v_cargo_line, orders.v_stop, orders.v_leg, orders.v_consignment to hansa_app;
