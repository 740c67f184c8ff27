-- Events that name a consignment, a leg or a stop; watched shipments; exceptions; proof of delivery.

alter table tracking.event
    add column consignment_id uuid,
    add column leg_id uuid,
    add column stop_id uuid;
create index event_by_leg on tracking.event (tenant_id, leg_id, event_id) where leg_id is not null;
create index event_by_stop on tracking.event (tenant_id, stop_id, event_id) where stop_id is not null;
comment on column tracking.event.leg_id is 'The leg on which it happened. No foreign key, as for the shipment (decision 0010).';

alter type tracking.event_draft
    add attribute consignment_id uuid,
    add attribute leg_id uuid,
    add attribute stop_id uuid;

alter table tracking.shipment_status
    add column is_watched boolean not null default false;
comment on column tracking.shipment_status.is_watched is 'Somebody wants to be told of each event (tracking.api_watch): then tracking.shipment.told is written.';

create table tracking.exception (
    tenant_id uuid not null,
    exception_id uuid not null,
    shipment_id uuid not null,
    leg_id uuid,
    event_id uuid,
    code text not null,
    reason text,
    severity text not null,
    state text not null default 'OPEN',
    party_at_fault text,
    owner_id uuid,
    note text,
    resolution text,
    opened_at timestamptz not null default clock_timestamp(),
    opened_by uuid,
    closed_at timestamptz,
    version bigint not null default 1,
    constraint exception_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint exception_leg foreign key (tenant_id, leg_id) references orders.leg (tenant_id, leg_id),
    constraint exception_owner foreign key (tenant_id, owner_id) references identity.app_user (tenant_id, user_id),
    constraint exception_code_known check (code in ('DLY', 'DMG', 'RFS', 'LST', 'ATT', 'MIS', 'CSI', 'OTH')),
    constraint exception_severity_known check (severity in ('LOW', 'MEDIUM', 'HIGH')),
    constraint exception_state_known check (state in ('OPEN', 'ACKNOWLEDGED', 'IN_ACTION', 'RESOLVED', 'ACCEPTED')),
    constraint exception_party_known check (party_at_fault in ('CARRIER', 'SHIPPER', 'CONSIGNEE', 'CUSTOMS', 'FORCE_MAJEURE', 'COMMERCIAL', 'OURSELVES')),
    constraint exception_text_form check (core.is_line(concat(reason, note)) and core.is_line(coalesce(resolution, ''))),
    constraint exception_closed_whole check ((closed_at is not null) = (state in ('RESOLVED', 'ACCEPTED'))),
    constraint exception_version_form check (version > 0)
);
create index exception_by_shipment on tracking.exception (tenant_id, shipment_id, exception_id);
create index exception_by_leg on tracking.exception (tenant_id, leg_id) where leg_id is not null;
create index exception_by_owner on tracking.exception (tenant_id, owner_id) where owner_id is not null;
create index exception_by_state on tracking.exception (tenant_id, state, exception_id);
-- A shipment that is told late five times is one matter, until somebody has closed it.
create unique index exception_told on tracking.exception (tenant_id, shipment_id, code)
    where event_id is not null and state in ('OPEN', 'ACKNOWLEDGED', 'IN_ACTION');
alter table tracking.exception add primary key (tenant_id, exception_id);
comment on table tracking.exception is 'What went another way than agreed and somebody has to look after; opened by hand or by an event.';
comment on column tracking.exception.event_id is 'The event that opened it; null when it was opened by hand.';
comment on column tracking.exception.party_at_fault is 'Whose doing it was, in the families of reason codes.';

create table tracking.proof_of_delivery (
    tenant_id uuid not null,
    proof_id uuid not null,
    shipment_id uuid not null,
    event_id uuid not null,
    signer_name text,
    condition text not null,
    pieces_ok integer not null,
    pieces_short integer not null default 0,
    pieces_damaged integer not null default 0,
    latitude numeric(9, 6),
    longitude numeric(9, 6),
    signature_file_id uuid,
    delivered_at timestamptz not null,
    zone text not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint proof_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint proof_condition_known check (condition in ('GOOD', 'DAMAGED', 'SHORT', 'REFUSED_IN_PART')),
    constraint proof_signer_form check (core.is_line(signer_name)),
    constraint proof_pieces check (least(pieces_ok, pieces_short, pieces_damaged) >= 0)
);
create index proof_by_shipment on tracking.proof_of_delivery (tenant_id, shipment_id, proof_id);
alter table tracking.proof_of_delivery add primary key (tenant_id, proof_id);
comment on table tracking.proof_of_delivery is 'Who took delivery of what and in what condition. Rows are never changed, but for the erasure of the signer.';
comment on column tracking.proof_of_delivery.event_id is 'The POD event that tells of it.';
comment on column tracking.proof_of_delivery.signer_name is 'Personal data.';

create table tracking.proof_photo (
    tenant_id uuid not null,
    proof_id uuid not null,
    position smallint not null,
    file_id uuid not null,
    primary key (tenant_id, proof_id, position),
    constraint proof_photo_proof foreign key (tenant_id, proof_id) references tracking.proof_of_delivery (tenant_id, proof_id)
);
comment on table tracking.proof_photo is 'Photos of a delivery, in the order given.';

alter table tracking.exception enable row level security;
alter table tracking.exception force row level security;
alter table tracking.proof_of_delivery enable row level security;
alter table tracking.proof_of_delivery force row level security;
alter table tracking.proof_photo enable row level security;
alter table tracking.proof_photo force row level security;
