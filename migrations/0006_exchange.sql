-- Messages in formats of others, kept as they came.

create schema exchange;
comment on schema exchange is 'Room exchange: EDI messages.';

create table exchange.edi_message (
    tenant_id uuid not null,
    message_id uuid not null,
    format text not null,
    sender text,
    receiver text,
    control text,
    verdict text not null,
    is_duplicate boolean not null default false,
    received_at timestamptz not null default clock_timestamp(),
    received_by uuid,
    raw bytea not null,
    report jsonb not null,
    constraint edi_message_format_known check (format in ('X12')),
    constraint edi_message_verdict_known check (verdict in ('ACCEPTED', 'PARTLY', 'REJECTED', 'DUPLICATE'))
);
-- The list by verdict, newest first.
create index edi_message_by_verdict on exchange.edi_message (tenant_id, verdict, message_id);
alter table exchange.edi_message add primary key (tenant_id, message_id);  -- last: see 0004_orders.sql
comment on table exchange.edi_message is 'Every message that came in, byte for byte, with what was made of it.';

-- Interchanges that were applied: the same control number from the same sender is applied once.
create table exchange.edi_interchange (
    tenant_id uuid not null,
    sender text not null,
    control text not null,
    message_id uuid not null,
    primary key (tenant_id, sender, control),
    constraint edi_interchange_message foreign key (tenant_id, message_id) references exchange.edi_message (tenant_id, message_id)
);
create index edi_interchange_by_message on exchange.edi_interchange (tenant_id, message_id);
comment on table exchange.edi_interchange is 'Control numbers seen per sender; a second one is kept as a message but not applied.';

alter table exchange.edi_message enable row level security;
alter table exchange.edi_message force row level security;
alter table exchange.edi_interchange enable row level security;
alter table exchange.edi_interchange force row level security;
