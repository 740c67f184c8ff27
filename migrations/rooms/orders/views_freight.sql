-- Shipments as business that was done: whose, when, how heavy. The day is the planned day of delivery, by the calendar of the
-- destination; a shipment without a plan counts on the day when it was made. Units inside others are weighed with them.
create or replace view orders.v_freight with (security_invoker = true) as
select s.tenant_id, s.shipment_id, s.tracking_number, s.account_id, s.order_id, s.planned_delivery_date, s.created_at,
       (select coalesce(sum(h.weight_kg), 0) from orders.handling_unit h
         where h.tenant_id = s.tenant_id and h.shipment_id = s.shipment_id and h.parent_id is null) as weight_kg
  from orders.shipment s;
comment on view orders.v_freight is 'Shipments with their day and weight, for analyses; a column that is not asked for costs nothing.';
grant select on orders.v_freight to hansa_app;
