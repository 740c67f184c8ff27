-- EDI from the parse into the books: stops and units that only a message told of, what an event says beside its place; files
-- that are refused, parked or tests; interchanges known by their bytes; whom we exchange with (decisions 0014, 0041, 0042).

alter table orders.stop add column is_told boolean not null default false;
comment on column orders.stop.is_told is
    'Made because a message named it by its number. While it is the only one, nobody knows whether it is the last.';
alter table orders.handling_unit add column is_told boolean not null default false;
comment on column orders.handling_unit.is_told is
    'Made because a message named it by its SSCC. While it is the only one, nobody knows whether it is all there is.';

alter table tracking.event add column details jsonb;
comment on column tracking.event.details is 'What else its source said of it: equipment, stop, references, who signed, segments without a member of their own.';
alter type tracking.event_draft add attribute details jsonb;

alter table exchange.edi_message
    add column usage text,
    add column zone text,
    add column changed_at timestamptz not null default clock_timestamp(),
    add constraint edi_message_usage_form check (core.is_line(usage)),
    drop constraint edi_message_format_known,
    drop constraint edi_message_verdict_known,
    add constraint edi_message_format_known check (format in ('X12', 'EDIFACT', 'OTHER')),
    add constraint edi_message_verdict_known
        check (verdict in ('ACCEPTED', 'PARTLY', 'REJECTED', 'DUPLICATE', 'PARKED', 'DISCARDED', 'TEST', 'REFUSED'));
comment on column exchange.edi_message.usage is 'ISA15 of its first interchange, as sent: P, T or whatever else.';
comment on column exchange.edi_message.zone is 'The default zone that the upload gave; null: that of the partner or the tenant.';
comment on column exchange.edi_message.changed_at is 'When it came, or was last applied or discarded.';

-- An interchange is its bytes. Its control number is what the sender calls it, and senders use numbers again.
drop table exchange.edi_interchange;
create table exchange.edi_interchange (
    tenant_id uuid not null,
    sender text not null,
    receiver text not null,
    control text not null,
    digest bytea not null,
    message_id uuid not null,
    primary key (tenant_id, sender, receiver, control, digest),
    constraint edi_interchange_message foreign key (tenant_id, message_id) references exchange.edi_message (tenant_id, message_id)
);
create index edi_interchange_by_message on exchange.edi_interchange (tenant_id, message_id);
comment on table exchange.edi_interchange is 'Interchanges of which something was applied; the same number with the same bytes is not applied again.';
comment on column exchange.edi_interchange.digest is 'SHA-256 of its bytes, from ISA to the terminator of IEA.';

-- Who told of which shipment: a carrier that leaves its SCAC out is known by its sender's id.
create table exchange.edi_told (
    tenant_id uuid not null,
    shipment_id uuid not null,
    sender text not null,
    primary key (tenant_id, shipment_id, sender),
    constraint edi_told_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id)
);
comment on table exchange.edi_told is 'Which senders told of which shipments.';

create table exchange.edi_partner (
    tenant_id uuid not null,
    edi_partner_id uuid not null,
    name text,
    sender text not null,
    receiver text,
    usage text not null default 'PRODUCTION',
    zone text,
    carrier_scac text,
    number_reuse text not null default 'APPLY',
    strangers text not null default 'TAKE',
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    changed_at timestamptz not null default clock_timestamp(),
    version bigint not null default 1,
    constraint edi_partner_key unique nulls not distinct (tenant_id, sender, receiver),
    constraint edi_partner_usage_known check (usage in ('PRODUCTION', 'TEST')),
    constraint edi_partner_number_reuse_known check (number_reuse in ('APPLY', 'PARK')),
    constraint edi_partner_strangers_known check (strangers in ('TAKE', 'REFUSE')),
    constraint edi_partner_text_form check (core.is_line(concat(name, sender, receiver))),
    constraint edi_partner_version_form check (version > 0)
);
alter table exchange.edi_partner add primary key (tenant_id, edi_partner_id);
comment on table exchange.edi_partner is 'Whom we exchange EDI with: how files of this sender to this receiver are taken.';
comment on column exchange.edi_partner.sender is 'ISA05 and ISA06 with a colon between them, as in 02:HXFL.';
comment on column exchange.edi_partner.receiver is 'The same of ISA07 and ISA08; null: whatever receiver the sender names.';
comment on column exchange.edi_partner.usage is 'TEST: whatever it sends is kept as a test. PRODUCTION: what ISA15 does not call a test counts.';
comment on column exchange.edi_partner.number_reuse is 'What becomes of an interchange whose control number came before with other bytes.';
comment on column exchange.edi_partner.strangers is
    'What becomes of files that name this sender or this receiver, but fit no profile.';

alter table exchange.edi_interchange enable row level security;
alter table exchange.edi_interchange force row level security;
alter table exchange.edi_told enable row level security;
alter table exchange.edi_told force row level security;
alter table exchange.edi_partner enable row level security;
alter table exchange.edi_partner force row level security;
