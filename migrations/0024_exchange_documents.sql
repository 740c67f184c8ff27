-- Documents between tenants: what one sends lies in its own outbox and comes to lie in the other's inbox. Nothing is shared by
-- looking; a row is only ever seen by the tenant whose row it is (decision 0035).

-- The same document_id in the sender's books (OUT) and in the receiver's (IN). counterpart is the other tenant; it is not called
-- tenant_id, and no foreign key goes there: the directory shows a tenant itself only.
create table exchange.document (
    tenant_id uuid not null,
    document_id uuid not null,
    direction text not null,
    kind text not null,
    counterpart uuid not null,
    alliance_id uuid not null,
    charter_version integer not null,
    role text not null,
    subject_id uuid not null,
    sequence integer not null,
    body jsonb not null,
    state text not null,
    reason text,
    created_at timestamptz not null,
    sent_at timestamptz,
    settled_at timestamptz,
    constraint document_sequence_key unique (tenant_id, counterpart, subject_id, direction, sequence),
    constraint document_direction_known check (direction in ('OUT', 'IN')),
    constraint document_role_known check (role in ('OWNER', 'CARRIER')),
    constraint document_kind_known check (kind in ('TENDER', 'TENDER_RESPONSE', 'TENDER_WITHDRAWAL', 'AWARD', 'STATUS', 'POD')),
    constraint document_state_known check (state in ('QUEUED', 'SENT', 'WITHHELD', 'APPLIED', 'REFUSED')),
    constraint document_state_fits check (case direction when 'OUT' then state in ('QUEUED', 'SENT', 'WITHHELD', 'REFUSED')
                                                         else state in ('APPLIED', 'REFUSED') end),
    constraint document_reason_whole check ((reason is not null) = (state in ('WITHHELD', 'REFUSED'))),
    constraint document_body_form check (jsonb_typeof(body) = 'object'),
    constraint document_parties_differ check (counterpart <> tenant_id)
);
create index document_by_subject on exchange.document (tenant_id, subject_id, document_id);
create index document_by_counterpart on exchange.document (tenant_id, counterpart, document_id);
-- What waits to go, of one channel in its order.
create index document_queued on exchange.document (tenant_id, counterpart, subject_id, sequence) where state = 'QUEUED';
alter table exchange.document add primary key (tenant_id, document_id);  -- last: see 0004_orders.sql
comment on table exchange.document is 'Outbox and inbox: what was sent to another tenant and what came from one, with what became of it.';
comment on column exchange.document.role is 'The part that the receiver plays in the matter; with kind and charter it says which fields the body may have.';
comment on column exchange.document.subject_id is 'What it is about, under one id in the books of both: the tender from which all else followed.';
comment on column exchange.document.sequence is 'Place among the documents of one sender to one receiver about one subject. Applied in this order.';
comment on column exchange.document.body is 'What was told: only members that the charter lets the receiver have. Holds personal data if the charter admits it.';
comment on column exchange.document.settled_at is 'When it was applied or refused by the receiver, or withheld by the sender.';

-- The next place in the order; its row is the lock under which places are given out, so they have no gaps and are seen in order.
create table exchange.channel (
    tenant_id uuid not null,
    counterpart uuid not null,
    subject_id uuid not null,
    last_sequence integer not null,
    primary key (tenant_id, counterpart, subject_id)
);
comment on table exchange.channel is 'How many documents went to a counterpart about a subject.';

-- Which of our shipments another tenant has a part in: the owner's row names the leg that the other carries, the carrier's row its
-- own shipment for that leg. share_id is the tender's id, in both books.
create table exchange.share (
    tenant_id uuid not null,
    share_id uuid not null,
    counterpart uuid not null,
    alliance_id uuid not null,
    side text not null,
    shipment_id uuid not null,
    leg_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    constraint share_side_known check (side in ('OWNER', 'CARRIER')),
    constraint share_leg_of_owner check ((leg_id is not null) = (side = 'OWNER')),
    constraint share_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id)
);
create index share_by_shipment on exchange.share (tenant_id, shipment_id, share_id);
alter table exchange.share add primary key (tenant_id, share_id);
comment on table exchange.share is 'Between whom the events of a shipment flow, since a leg of it was awarded.';

alter table exchange.document enable row level security;
alter table exchange.document force row level security;
alter table exchange.channel enable row level security;
alter table exchange.channel force row level security;
alter table exchange.share enable row level security;
alter table exchange.share force row level security;
