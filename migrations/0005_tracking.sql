-- Tracking: what happened to a shipment, what that makes of it, and who may look without a key.

create schema tracking;
comment on schema tracking is 'Room tracking: events, derived status, public links.';

-- Code lists. Common to all tenants; rows come from migrations/rooms/tracking/codes.sql.
create table tracking.status (
    status text primary key,
    number smallint not null,
    is_terminal boolean not null,
    constraint status_number_key unique (number)
);
comment on table tracking.status is 'Statuses of a shipment with their number: the further on, the greater.';

create table tracking.code (
    code text primary key,
    name text not null,
    status text,
    flag text,
    constraint code_status foreign key (status) references tracking.status (status),
    constraint code_flag_known check (flag in ('DELAYED', 'HELD', 'DAMAGED'))
);
create index code_by_status on tracking.code (status);
comment on table tracking.code is 'Internal event codes, with the status each one argues for and the flag it raises, if any.';

-- No foreign key to orders.shipment: it would be the dearest part of ingestion (decision 0010).
create table tracking.event (
    tenant_id uuid not null,
    shipment_id uuid not null,
    event_id uuid not null,
    source text collate "C" not null,
    source_event_id text collate "C" not null,
    code text not null,
    reason text,
    moves_status boolean not null default true,
    event_time timestamptz not null,
    zone text not null,
    zone_source text not null,
    received_at timestamptz not null,
    eta timestamptz,
    handling_unit_id uuid,
    unlocode text,
    place_name text,
    city text,
    region text,
    country text,
    latitude numeric(9, 6),
    longitude numeric(9, 6),
    raw_code text,
    raw_list text,
    raw text,
    supersedes uuid,
    superseded_by uuid,
    stands_for uuid,
    actor uuid,
    primary key (tenant_id, shipment_id, event_id),
    constraint event_source_key unique (tenant_id, source, source_event_id),
    constraint event_time_sane check (event_time >= '1990-01-01 00:00:00+00' and event_time < '2200-01-01 00:00:00+00'),
    constraint event_zone_source_known check (zone_source in ('OFFSET', 'ZONE', 'CODE', 'PLACE', 'ASSUMED'))
);
comment on table tracking.event is 'What happened, as it was told. Rows are never changed but for superseded_by.';
comment on column tracking.event.event_id is 'Time-ordered; within a shipment the order of acceptance.';
comment on column tracking.event.source is 'Who told it: a name given by the caller, or edi:<SCAC>.';
comment on column tracking.event.moves_status is 'False for an event that is told but leaves the status alone, such as the delivery of a part (X12 PA).';
comment on column tracking.event.zone is 'Zone as given: an IANA name, or an offset such as -06:00, or Z.';
comment on column tracking.event.zone_source is 'How the zone was found: offset in the time, IANA zone given, code of the message, the place, or assumed.';
comment on column tracking.event.supersedes is 'The event of this shipment that this one corrects.';
comment on column tracking.event.stands_for is 'The first event of a chain of corrections: this event takes its place in the order of acceptance.';

-- One event on its way in: read, resolved and judged, not yet stored. problem is null or 'code|member|detail'.
create type tracking.event_draft as (
    index integer,
    shipment_id uuid,
    handling_unit_id uuid,
    source text,
    source_event_id text,
    code text,
    reason text,
    moves_status boolean,
    event_time timestamptz,
    zone text,
    zone_source text,
    eta timestamptz,
    unlocode text,
    place_name text,
    city text,
    region text,
    country text,
    latitude numeric,
    longitude numeric,
    raw_code text,
    raw_list text,
    raw text,
    corrected_source text,
    corrected_event text,
    problem text
);

-- Derived from the events in their own transaction; narrow, because it is rewritten with each batch. No foreign key to
-- tracking.status: its check at each change would cost more than the change, and only derived values are written.
create table tracking.shipment_status (
    tenant_id uuid not null,
    shipment_id uuid not null,
    status text not null,
    status_number smallint not null,
    is_terminal boolean not null default false,
    is_delayed boolean not null default false,
    is_held boolean not null default false,
    is_damaged boolean not null default false,
    is_by_unit boolean not null default false,
    status_event_time timestamptz,
    eta timestamptz,
    eta_event_time timestamptz,
    last_event_time timestamptz,
    part_status text,
    part_units integer,
    part_of integer,
    constraint shipment_status_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id)
) with (fillfactor = 80);
create index shipment_status_by_status on tracking.shipment_status (tenant_id, status, shipment_id);
alter table tracking.shipment_status add primary key (tenant_id, shipment_id);  -- last: see 0004_orders.sql
comment on table tracking.shipment_status is 'Status of each shipment, derived from its events by the rules of decision 0011.';
comment on column tracking.shipment_status.is_by_unit is 'Some event names a handling unit, so the status is rolled up from units.';

create table tracking.link (
    tenant_id uuid not null,
    link_id uuid not null,
    shipment_id uuid not null,
    secret_hash bytea not null,
    hint text not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_viewed_at timestamptz,
    view_count bigint not null default 0,
    primary key (tenant_id, link_id),
    constraint link_secret_key unique (tenant_id, secret_hash),
    constraint link_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint link_hash_form check (octet_length(secret_hash) = 32)
);
create index link_by_shipment on tracking.link (tenant_id, shipment_id, link_id);
comment on table tracking.link is 'Public tracking links. Only the SHA-256 of a link''s token is kept; hint is its last characters.';

alter table tracking.event enable row level security;
alter table tracking.event force row level security;
alter table tracking.shipment_status enable row level security;
alter table tracking.shipment_status force row level security;
alter table tracking.link enable row level security;
alter table tracking.link force row level security;
