-- Who may see and touch which rows of room orders.
drop policy if exists tenant_wall on orders.shipment;
create policy tenant_wall on orders.shipment
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.shipment_number;
create policy tenant_wall on orders.shipment_number
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.shipment_party;
create policy tenant_wall on orders.shipment_party
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.handling_unit;
create policy tenant_wall on orders.handling_unit
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on orders.shipment, orders.shipment_number, orders.shipment_party, orders.handling_unit from hansa_app;
grant usage on schema orders to hansa_app;
grant select, insert on orders.shipment, orders.shipment_number, orders.shipment_party, orders.handling_unit to hansa_app;
grant update (parent_id) on orders.handling_unit to hansa_app;
grant update (carrier_scac, service, incoterm, incoterm_place, planned_pickup_from, planned_pickup_to, planned_pickup_zone,
    planned_delivery_from, planned_delivery_to, planned_delivery_zone, planned_delivery_date, version, changed_at)
    on orders.shipment to hansa_app;
