-- Orders: what a customer asks for; and below the shipment: consignments, stops, legs.

-- Common to all tenants; rows come from migrations/rooms/orders/states.sql.
create table orders.state_change (
    noun text not null,
    verb text not null,
    from_state text not null,
    to_state text not null,
    primary key (noun, verb, from_state)
);
comment on table orders.state_change is 'What may follow what: the guarded changes of state of orders and legs. What is no row here is forbidden.';

create table orders.order_ (
    tenant_id uuid not null,
    order_id uuid not null,
    order_number text not null,
    account_id uuid not null,
    state text not null,
    source text not null,
    source_id uuid,
    incoterm text,
    incoterm_place text,
    mode text,
    service text,
    origin jsonb,
    destination jsonb,
    pickup_from timestamptz,
    pickup_to timestamptz,
    pickup_zone text,
    delivery_from timestamptz,
    delivery_to timestamptz,
    delivery_zone text,
    cod_amount numeric,
    cod_currency text,
    price_amount numeric,
    price_currency text,
    hold_reason text,
    hold_open numeric,
    hold_limit numeric,
    hold_currency text,
    released_at timestamptz,
    state_reason text,
    invoice_number text,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    submitted_at timestamptz,
    confirmed_at timestamptz,
    loaded_at timestamptz,
    unloaded_at timestamptz,
    changed_at timestamptz,
    version bigint not null default 1,
    constraint order_number_key unique (tenant_id, order_number),
    constraint order_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint order_state_known check (state in ('DRAFT', 'SUBMITTED', 'CREDIT_HOLD', 'CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED',
        'CLOSED', 'REJECTED', 'CANCELLED')),
    constraint order_source_known check (source in ('API', 'QUOTE', 'EDI')),
    constraint order_incoterm_known check (incoterm in ('EXW', 'FCA', 'CPT', 'CIP', 'DAP', 'DPU', 'DDP', 'FAS', 'FOB', 'CFR', 'CIF')),
    constraint order_mode_known check (mode in ('SEA', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'INLAND_WATER')),
    constraint order_places_form check (jsonb_typeof(origin) = 'object' and jsonb_typeof(destination) = 'object'),
    constraint order_text_form check (core.is_line(concat(incoterm_place, service, invoice_number)) and core.is_line(coalesce(state_reason, ''))),
    constraint order_pickup_window check (pickup_from <= pickup_to),
    constraint order_delivery_window check (delivery_from <= delivery_to),
    constraint order_cod_whole check ((cod_amount is null) = (cod_currency is null)),
    constraint order_price_whole check ((price_amount is null) = (price_currency is null)),
    constraint order_amounts check (coalesce(least(cod_amount, price_amount), 0) >= 0),
    constraint order_currency_form check (concat(cod_currency, price_currency, hold_currency) ~ '^[A-Z]*$'),
    constraint order_hold_known check (hold_reason in ('ACCOUNT_ON_HOLD', 'OVER_LIMIT', 'OTHER_CURRENCY')),
    constraint order_hold_whole check (state <> 'CREDIT_HOLD' or hold_reason is not null),
    constraint order_version_form check (version > 0)
);
create index order_by_account on orders.order_ (tenant_id, account_id, order_id);
create index order_by_state on orders.order_ (tenant_id, state, order_id);
alter table orders.order_ add primary key (tenant_id, order_id);  -- last: see 0004_orders.sql
comment on table orders.order_ is 'What a customer asks for and is billed by: cargo, places, requested windows, price. Its id is time-ordered.';
comment on column orders.order_.source_id is 'What it was made from in another room, such as the quote.';
comment on column orders.order_.hold_reason is 'Why credit holds it; stays after the release, as does released_at.';
comment on column orders.order_.hold_open is 'What was open with the account when it was held, this order left out.';
comment on column orders.order_.loaded_at is 'Event time of the first loading or pickup of its shipments.';
comment on column orders.order_.unloaded_at is 'Event time of the last delivery, once all its shipments are delivered.';

create table orders.order_reference (
    tenant_id uuid not null,
    number_key text collate "C" not null,
    order_id uuid not null,
    kind text collate "C" not null,
    number text not null,
    primary key (tenant_id, number_key, order_id, kind),
    constraint order_reference_order foreign key (tenant_id, order_id) references orders.order_ (tenant_id, order_id),
    constraint order_reference_key_form check (number_key <> ''),
    constraint order_reference_form check (length(number) between 1 and 64 and core.is_line(number)),
    constraint order_reference_kind_known check (kind in ('ORDER', 'PO', 'SO', 'CUSTOMER', 'OTHER'))
);
create index order_reference_by_order on orders.order_reference (tenant_id, order_id);
comment on table orders.order_reference is 'Numbers under which an order is known, its own included; number_key is orders.api_number_key(number).';

create table orders.cargo_line (
    tenant_id uuid not null,
    order_id uuid not null,
    line smallint not null,
    description text not null,
    hs_code text,
    quantity numeric not null,
    unit text,
    weight_kg numeric,
    value_amount numeric,
    value_currency text,
    un_number text,
    primary key (tenant_id, order_id, line),
    constraint cargo_line_order foreign key (tenant_id, order_id) references orders.order_ (tenant_id, order_id),
    constraint cargo_line_text_form check (core.is_line(concat(description, unit))),
    constraint cargo_line_hs_form check (hs_code ~ '^[0-9]{6,10}$'),
    constraint cargo_line_un_form check (un_number ~ '^[0-9]{4}$'),
    constraint cargo_line_quantity check (quantity > 0),
    constraint cargo_line_measures check (coalesce(least(weight_kg, value_amount), 0) >= 0),
    constraint cargo_line_value_whole check ((value_amount is null) = (value_currency is null)),
    constraint cargo_line_currency_form check (value_currency ~ '^[A-Z]{3}$')
);
comment on table orders.cargo_line is 'Goods of an order. Weight and value are of the whole line.';
comment on column orders.cargo_line.un_number is 'UN number of dangerous goods; null when they are none.';

-- What is open with an account: the row that two orders of one account queue up for, so that both see each other.
create table orders.exposure (
    tenant_id uuid not null,
    account_id uuid not null,
    currency text not null,
    amount numeric not null default 0,
    primary key (tenant_id, account_id, currency),
    constraint exposure_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint exposure_currency_form check (currency ~ '^[A-Z]{3}$')
);
comment on table orders.exposure is 'Sum of the prices of an account''s orders that count against its credit: from SUBMITTED to INVOICED, without CREDIT_HOLD.';

alter table orders.shipment
    add column order_id uuid,
    add constraint shipment_order foreign key (tenant_id, order_id) references orders.order_ (tenant_id, order_id);
create index shipment_by_order on orders.shipment (tenant_id, order_id) where order_id is not null;
comment on column orders.shipment.order_id is 'The order that it carries out; null when there is none.';

create table orders.shipment_cargo (
    tenant_id uuid not null,
    shipment_id uuid not null,
    order_id uuid not null,
    line smallint not null,
    quantity numeric not null,
    primary key (tenant_id, shipment_id, line),
    constraint shipment_cargo_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint shipment_cargo_line foreign key (tenant_id, order_id, line) references orders.cargo_line (tenant_id, order_id, line),
    constraint shipment_cargo_quantity check (quantity > 0)
);
create index shipment_cargo_by_line on orders.shipment_cargo (tenant_id, order_id, line);
comment on table orders.shipment_cargo is 'How much of which line of its order a shipment carries.';

create table orders.consignment (
    tenant_id uuid not null,
    consignment_id uuid not null,
    shipment_id uuid not null,
    kind text not null,
    number text not null,
    carrier_account_id uuid,
    carrier_scac text,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint consignment_number_key unique (tenant_id, shipment_id, kind, number),
    constraint consignment_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint consignment_carrier foreign key (tenant_id, carrier_account_id) references crm.account (tenant_id, account_id),
    constraint consignment_kind_known check (kind in ('CMR', 'PRO', 'AWB', 'BL')),
    constraint consignment_number_form check (length(number) between 1 and 64 and core.is_line(number)),
    constraint consignment_scac_form check (carrier_scac ~ '^[A-Z]{2,4}$'),
    constraint consignment_carrier_named check (carrier_account_id is not null or carrier_scac is not null)
);
create index consignment_by_carrier on orders.consignment (tenant_id, carrier_account_id) where carrier_account_id is not null;
alter table orders.consignment add primary key (tenant_id, consignment_id);
comment on table orders.consignment is 'One contract of carriage with one carrier, under its waybill.';

create table orders.stop (
    tenant_id uuid not null,
    stop_id uuid not null,
    shipment_id uuid not null,
    seq smallint not null,
    type text not null,
    place jsonb not null,
    window_from timestamptz,
    window_to timestamptz,
    zone text not null,
    arrived_at timestamptz,
    departed_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    version bigint not null default 1,
    constraint stop_place_key unique (tenant_id, shipment_id, seq),
    constraint stop_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint stop_type_known check (type in ('PICKUP', 'HUB', 'BORDER', 'DELIVERY')),
    constraint stop_place_form check (jsonb_typeof(place) = 'object'),
    constraint stop_window check (window_from <= window_to),
    constraint stop_version_form check (version > 0)
);
alter table orders.stop add primary key (tenant_id, stop_id);
comment on table orders.stop is 'Where a shipment is taken up, passed on or set down, in order (seq).';

create table orders.leg (
    tenant_id uuid not null,
    leg_id uuid not null,
    shipment_id uuid not null,
    seq smallint not null,
    mode text not null,
    state text not null default 'PLANNED',
    consignment_id uuid,
    from_stop_id uuid not null,
    to_stop_id uuid not null,
    carrier_account_id uuid,
    carrier_scac text,
    vehicle text,
    planned_departure timestamptz,
    planned_arrival timestamptz,
    actual_departure timestamptz,
    actual_arrival timestamptz,
    loaded_at timestamptz,
    unloaded_at timestamptz,
    cost_amount numeric,
    cost_currency text,
    co2_kg numeric,
    state_reason text,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    changed_at timestamptz,
    version bigint not null default 1,
    constraint leg_place_key unique (tenant_id, shipment_id, seq),
    constraint leg_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint leg_consignment foreign key (tenant_id, consignment_id) references orders.consignment (tenant_id, consignment_id),
    constraint leg_from foreign key (tenant_id, from_stop_id) references orders.stop (tenant_id, stop_id),
    constraint leg_to foreign key (tenant_id, to_stop_id) references orders.stop (tenant_id, stop_id),
    constraint leg_carrier foreign key (tenant_id, carrier_account_id) references crm.account (tenant_id, account_id),
    constraint leg_mode_known check (mode in ('SEA', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'INLAND_WATER')),
    constraint leg_state_known check (state in ('PLANNED', 'TENDERED', 'ACCEPTED', 'DISPATCHED', 'AT_ORIGIN', 'LOADED', 'DEPARTED', 'ARRIVED',
        'UNLOADED', 'HANDED_OVER', 'DELIVERED', 'COMPLETED', 'FAILED', 'CANCELLED')),
    constraint leg_scac_form check (carrier_scac ~ '^[A-Z]{2,4}$'),
    constraint leg_goes_somewhere check (from_stop_id <> to_stop_id),
    constraint leg_plan check (planned_departure <= planned_arrival),
    constraint leg_cost_whole check ((cost_amount is null) = (cost_currency is null)),
    constraint leg_measures check (coalesce(least(cost_amount, co2_kg), 0) >= 0),
    constraint leg_currency_form check (cost_currency ~ '^[A-Z]{3}$'),
    constraint leg_text_form check (core.is_line(coalesce(vehicle, '')) and core.is_line(coalesce(state_reason, ''))),
    constraint leg_version_form check (version > 0)
);
create index leg_by_consignment on orders.leg (tenant_id, consignment_id) where consignment_id is not null;
create index leg_by_from on orders.leg (tenant_id, from_stop_id);
create index leg_by_to on orders.leg (tenant_id, to_stop_id);
create index leg_by_carrier on orders.leg (tenant_id, carrier_account_id, shipment_id) where carrier_account_id is not null;
create index leg_by_scac on orders.leg (tenant_id, carrier_scac, shipment_id) where carrier_scac is not null;
alter table orders.leg add primary key (tenant_id, leg_id);
comment on table orders.leg is 'One movement between two stops by one carrier and mode (UN/ECE Rec 19).';
comment on column orders.leg.cost_amount is 'What the carrier gets. Never shown to anybody but staff and that carrier.';

-- A unit stands in a consignment, and so do the units in it.
alter table orders.handling_unit
    add column consignment_id uuid,
    add constraint handling_unit_consignment foreign key (tenant_id, consignment_id) references orders.consignment (tenant_id, consignment_id);
create index handling_unit_by_consignment on orders.handling_unit (tenant_id, consignment_id) where consignment_id is not null;
comment on column orders.handling_unit.consignment_id is 'Under which waybill it goes; null: that of the unit around it, or none.';

alter table orders.order_ enable row level security;
alter table orders.order_ force row level security;
alter table orders.order_reference enable row level security;
alter table orders.order_reference force row level security;
alter table orders.cargo_line enable row level security;
alter table orders.cargo_line force row level security;
alter table orders.exposure enable row level security;
alter table orders.exposure force row level security;
alter table orders.shipment_cargo enable row level security;
alter table orders.shipment_cargo force row level security;
alter table orders.consignment enable row level security;
alter table orders.consignment force row level security;
alter table orders.stop enable row level security;
alter table orders.stop force row level security;
alter table orders.leg enable row level security;
alter table orders.leg force row level security;
