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

drop policy if exists tenant_wall on orders.order_;
create policy tenant_wall on orders.order_
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.order_reference;
create policy tenant_wall on orders.order_reference
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.cargo_line;
create policy tenant_wall on orders.cargo_line
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.exposure;
create policy tenant_wall on orders.exposure
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.shipment_cargo;
create policy tenant_wall on orders.shipment_cargo
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.consignment;
create policy tenant_wall on orders.consignment
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.stop;
create policy tenant_wall on orders.stop
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on orders.leg;
create policy tenant_wall on orders.leg
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on orders.state_change, orders.order_, orders.order_reference, orders.cargo_line, orders.exposure, orders.shipment_cargo, orders.consignment, orders.stop, orders.leg from hansa_app;
grant select on orders.state_change to hansa_app;
grant select, insert on orders.order_, orders.order_reference, orders.cargo_line, orders.exposure, orders.shipment_cargo, orders.consignment, orders.stop, orders.leg to hansa_app;
grant delete on orders.order_reference, orders.cargo_line to hansa_app;
grant update (amount) on orders.exposure to hansa_app;
grant update (consignment_id) on orders.handling_unit to hansa_app;
grant update (state, incoterm, incoterm_place, mode, service, origin, destination, pickup_from, pickup_to, pickup_zone, delivery_from,
    delivery_to, delivery_zone, cod_amount, cod_currency, price_amount, price_currency, hold_reason, hold_open, hold_limit, hold_currency,
    released_at, state_reason, invoice_number, submitted_at, confirmed_at, loaded_at, unloaded_at, changed_at, version)
    on orders.order_ to hansa_app;
grant update (place, window_from, window_to, zone, arrived_at, departed_at, version) on orders.stop to hansa_app;
grant update (state, consignment_id, carrier_account_id, carrier_scac, vehicle, planned_departure, planned_arrival, actual_departure,
    actual_arrival, loaded_at, unloaded_at, cost_amount, cost_currency, co2_kg, state_reason, changed_at, version) on orders.leg to hansa_app;
