-- Tenders: a leg is offered to one or several carriers, and awarded once. The owner keeps tender and bids; who is asked keeps an
-- offer in books of its own, which came as a document (0024_exchange_documents.sql).

create table alliances.tender (
    tenant_id uuid not null,
    tender_id uuid not null,
    shipment_id uuid not null,
    leg_id uuid not null,
    alliance_id uuid,
    state text not null default 'DRAFT',
    award_rule text not null,
    price_wanted numeric,
    price_max numeric,
    currency text,
    expires_at timestamptz not null,
    notes text,
    awarded_bid_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    offered_at timestamptz,
    closed_at timestamptz,
    closed_why text,
    constraint tender_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint tender_leg foreign key (tenant_id, leg_id) references orders.leg (tenant_id, leg_id),
    constraint tender_state_known check (state in ('DRAFT', 'OFFERED', 'AWARDED', 'EXPIRED', 'WITHDRAWN')),
    constraint tender_rule_known check (award_rule in ('FIRST_ACCEPTANCE', 'MANUAL')),
    constraint tender_price_whole check ((coalesce(price_wanted, price_max) is null) = (currency is null)),
    constraint tender_price_form check (coalesce(least(price_wanted, price_max), 0) >= 0 and price_wanted <= price_max),
    constraint tender_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint tender_notes_form check (length(notes) between 1 and 1000),
    constraint tender_why_form check (length(closed_why) between 1 and 200 and core.is_line(closed_why)),
    constraint tender_award_whole check ((awarded_bid_id is not null) = (state = 'AWARDED')),
    constraint tender_times check ((offered_at is null) = (state = 'DRAFT' or state = 'WITHDRAWN' and offered_at is null)
                                   and (closed_at is null) = (state in ('DRAFT', 'OFFERED')))
);
-- One tender at a time for a leg: drafts and open ones; an awarded one bars the leg by the leg's own state.
create unique index tender_open_leg on alliances.tender (tenant_id, leg_id) where state in ('DRAFT', 'OFFERED');
create index tender_by_leg on alliances.tender (tenant_id, leg_id, tender_id);
create index tender_by_shipment on alliances.tender (tenant_id, shipment_id, tender_id);
create index tender_by_state on alliances.tender (tenant_id, state, tender_id);
alter table alliances.tender add primary key (tenant_id, tender_id);  -- last: see 0004_orders.sql
comment on table alliances.tender is 'A leg that is offered: to members of an alliance, to partners who are not on this installation, or to both.';
comment on column alliances.tender.price_wanted is 'What an acceptance agrees to; told to those who are asked as far as the charter lets it.';
comment on column alliances.tender.price_max is 'The most that the owner would pay. Never told.';

-- member: a tenant of this installation that is asked through the exchange; account_id: a partner that is asked outside of it.
create table alliances.bid (
    tenant_id uuid not null,
    bid_id uuid not null,
    tender_id uuid not null,
    member uuid,
    account_id uuid,
    state text not null default 'OFFERED',
    price numeric,
    currency text,
    reason text,
    notes text,
    answered_at timestamptz,
    constraint bid_tender foreign key (tenant_id, tender_id) references alliances.tender (tenant_id, tender_id),
    constraint bid_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint bid_addressee check ((member is null) <> (account_id is null)),
    constraint bid_state_known check (state in ('OFFERED', 'COUNTERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN', 'LOST', 'AWARDED')),
    constraint bid_price_whole check ((price is null) = (currency is null)),
    constraint bid_price_form check (price >= 0),
    constraint bid_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint bid_notes_form check (length(notes) between 1 and 1000),
    constraint bid_reason_form check (length(reason) between 1 and 200 and core.is_line(reason))
);
create unique index bid_member_key on alliances.bid (tenant_id, tender_id, member) where member is not null;
create unique index bid_account_key on alliances.bid (tenant_id, tender_id, account_id) where account_id is not null;
create index bid_by_account on alliances.bid (tenant_id, account_id) where account_id is not null;
create index bid_by_tender on alliances.bid (tenant_id, tender_id, bid_id);
-- However many accept: one award.
create unique index bid_awarded_once on alliances.bid (tenant_id, tender_id) where state = 'AWARDED';
alter table alliances.bid add primary key (tenant_id, bid_id);
comment on table alliances.bid is 'Who was asked for a tender, and the answer.';
comment on column alliances.bid.member is 'A tenant; not called tenant_id, since it is not whose row this is.';
comment on column alliances.bid.state is 'LOST: another was awarded. WITHDRAWN: the owner took the tender back.';

-- In the books of who is asked. For a partner outside, the owner''s own tenant holds the offer, and the partner''s people answer it.
create table alliances.offer (
    tenant_id uuid not null,
    offer_id uuid not null,
    counterpart uuid,
    account_id uuid,
    alliance_id uuid,
    tender_id uuid not null,
    document_id uuid,
    state text not null default 'OFFERED',
    price_offered numeric,
    currency_offered text,
    expires_at timestamptz not null,
    price numeric,
    currency text,
    reason text,
    notes text,
    answered_at timestamptz,
    answered_by uuid,
    shipment_id uuid,
    received_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    constraint offer_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint offer_document foreign key (tenant_id, document_id) references exchange.document (tenant_id, document_id),
    constraint offer_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint offer_origin check ((counterpart is not null) = (document_id is not null) and (counterpart is null) = (account_id is not null)),
    constraint offer_state_known check (state in ('OFFERED', 'COUNTERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN', 'GONE', 'AWARDED')),
    constraint offer_prices_whole check ((price_offered is null) = (currency_offered is null) and (price is null) = (currency is null)),
    constraint offer_prices_form check (coalesce(least(price_offered, price), 0) >= 0),
    constraint offer_currency_form check (concat(currency_offered, currency) ~ '^([A-Z]{3}){0,2}$'),
    constraint offer_notes_form check (length(notes) between 1 and 1000),
    constraint offer_reason_form check (length(reason) between 1 and 200 and core.is_line(reason))
);
create unique index offer_tender_key on alliances.offer (tenant_id, counterpart, tender_id) where counterpart is not null;
create index offer_by_account on alliances.offer (tenant_id, account_id, offer_id) where account_id is not null;
create index offer_by_document on alliances.offer (tenant_id, document_id) where document_id is not null;
create index offer_by_shipment on alliances.offer (tenant_id, shipment_id) where shipment_id is not null;
create index offer_by_state on alliances.offer (tenant_id, state, offer_id);
alter table alliances.offer add primary key (tenant_id, offer_id);
comment on table alliances.offer is 'A leg that was offered to us, or to a partner of ours who is not on this installation, and the answer to it.';
comment on column alliances.offer.counterpart is 'The tenant that offers; null for offers of our own to a partner outside.';
comment on column alliances.offer.account_id is 'The partner that is asked; then offer_id is the bid''s id.';
comment on column alliances.offer.state is 'GONE: it was given to somebody else; more is not told.';
comment on column alliances.offer.shipment_id is 'Our own shipment, made when the leg was awarded to us.';

alter table alliances.tender enable row level security;
alter table alliances.tender force row level security;
alter table alliances.bid enable row level security;
alter table alliances.bid force row level security;
alter table alliances.offer enable row level security;
alter table alliances.offer force row level security;
