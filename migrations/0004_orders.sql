-- Shipments: the commercial whole from shipper to consignee, with its numbers, parties and handling units.

create schema orders;
comment on schema orders is 'Room orders: shipments, their numbers, parties and handling units.';

-- No foreign key to the tenant or to zones: each new shipment would lock the same row of those small tables. The function that
-- makes shipments looks both up.
create table orders.shipment (
    tenant_id uuid not null,
    shipment_id uuid not null,
    tracking_number text not null,
    account_id uuid,
    carrier_scac text,
    mode text,
    service text,
    incoterm text,
    incoterm_place text,
    origin jsonb,
    destination jsonb,
    planned_pickup_from timestamptz,
    planned_pickup_to timestamptz,
    planned_pickup_zone text,
    planned_delivery_from timestamptz,
    planned_delivery_to timestamptz,
    planned_delivery_zone text,
    planned_delivery_date date,
    source text not null default 'API',
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint shipment_tracking_number_key unique (tenant_id, tracking_number),
    constraint shipment_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint shipment_scac_form check (carrier_scac ~ '^[A-Z]{2,4}$'),
    constraint shipment_mode_known check (mode in ('SEA', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'INLAND_WATER')),
    constraint shipment_incoterm_known check (incoterm in ('EXW', 'FCA', 'CPT', 'CIP', 'DAP', 'DPU', 'DDP', 'FAS', 'FOB', 'CFR', 'CIF')),
    constraint shipment_text_form check (core.is_line(coalesce(service, '') || coalesce(incoterm_place, ''))),
    constraint shipment_origin_form check (jsonb_typeof(origin) = 'object'),
    constraint shipment_destination_form check (jsonb_typeof(destination) = 'object'),
    constraint shipment_pickup_window check (planned_pickup_from <= planned_pickup_to),
    constraint shipment_delivery_window check (planned_delivery_from <= planned_delivery_to),
    constraint shipment_source_known check (source in ('API', 'EDI', 'IMPORT'))
);
-- The list by customer, newest first; also the index under the foreign key.
create index shipment_by_account on orders.shipment (tenant_id, account_id, shipment_id);
create index shipment_by_delivery_date on orders.shipment (tenant_id, planned_delivery_date, shipment_id);
-- The key comes last: of indexes of equal cost, and without statistics all cost the same, PostgreSQL takes the youngest.
alter table orders.shipment add primary key (tenant_id, shipment_id);

comment on table orders.shipment is 'A shipment. Its id is time-ordered (UUIDv7), so the newest has the greatest id.';
comment on column orders.shipment.origin is 'Place as given: unlocode, name, address_lines, city, region, postcode, country, zone (decision 0012).';
comment on column orders.shipment.account_id is 'The customer; null when a carrier''s message made the shipment and nobody has said whose it is.';
comment on column orders.shipment.planned_delivery_date is 'Local date, at the destination, of the end of the planned delivery window; what lists filter by.';

-- Every number under which somebody may ask for a shipment, under one normalised key. Collation C: comparing bytes costs half.
create table orders.shipment_number (
    tenant_id uuid not null,
    number_key text collate "C" not null,
    shipment_id uuid not null,
    kind text collate "C" not null,
    number text not null,
    primary key (tenant_id, number_key, shipment_id, kind),
    constraint shipment_number_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint shipment_number_key_form check (number_key <> ''),
    constraint shipment_number_form check (length(number) between 1 and 64 and core.is_line(number)),
    constraint shipment_number_kind_known check (kind in ('TRACKING', 'BOL', 'PRO', 'PO', 'CUSTOMER', 'SHIPMENT', 'CONTAINER',
        'MASTER_BOL', 'HOUSE_BOL', 'AWB', 'BOOKING', 'INVOICE', 'WAYBILL', 'DELIVERY_ORDER', 'SSCC', 'OTHER'))
);
create index shipment_number_by_shipment on orders.shipment_number (tenant_id, shipment_id);
comment on table orders.shipment_number is 'Look-up of shipments by any of their numbers; number_key is orders.api_number_key(number).';

create table orders.shipment_party (
    tenant_id uuid not null,
    shipment_id uuid not null,
    position smallint not null,
    role text not null,
    name text not null,
    code text,
    address jsonb,
    primary key (tenant_id, shipment_id, position),
    constraint shipment_party_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint shipment_party_role_known check (role in ('SHIPPER', 'CONSIGNEE', 'BILL_TO', 'NOTIFY', 'FORWARDER', 'CARRIER', 'BROKER', 'OTHER')),
    constraint shipment_party_text_form check (core.is_line(name || coalesce(code, ''))),
    constraint shipment_party_address_form check (jsonb_typeof(address) = 'object')
);
comment on table orders.shipment_party is 'Who takes part in a shipment, in the order given. Holds personal data.';

create table orders.handling_unit (
    tenant_id uuid not null,
    handling_unit_id uuid not null,
    shipment_id uuid not null,
    parent_id uuid,
    position smallint not null,
    sscc text,
    unit_type text,
    description text,
    weight_kg numeric,
    volume_m3 numeric,
    length_cm numeric,
    width_cm numeric,
    height_cm numeric,
    primary key (tenant_id, handling_unit_id),
    constraint handling_unit_place_key unique (tenant_id, shipment_id, position),
    constraint handling_unit_sscc_key unique (tenant_id, shipment_id, sscc),
    constraint handling_unit_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint handling_unit_parent foreign key (tenant_id, parent_id) references orders.handling_unit (tenant_id, handling_unit_id),
    constraint handling_unit_sscc_form check (sscc ~ '^[0-9]{18}$'),
    constraint handling_unit_text_form check (core.is_line(coalesce(unit_type, '') || coalesce(description, ''))),
    constraint handling_unit_measures check (least(weight_kg, volume_m3, length_cm, width_cm, height_cm) >= 0)
);
create index handling_unit_by_parent on orders.handling_unit (tenant_id, parent_id) where parent_id is not null;
comment on table orders.handling_unit is 'A pallet, parcel or other piece that is handled as one; may stand in another (parent_id).';

alter table orders.shipment enable row level security;
alter table orders.shipment force row level security;
alter table orders.shipment_number enable row level security;
alter table orders.shipment_number force row level security;
alter table orders.shipment_party enable row level security;
alter table orders.shipment_party force row level security;
alter table orders.handling_unit enable row level security;
alter table orders.handling_unit force row level security;
