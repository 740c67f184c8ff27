-- A leg that was awarded to us is an order of the one who gave it (decision 0050).

alter table orders.order_ drop constraint order_source_known;
alter table orders.order_ add constraint order_source_known check (source in ('API', 'QUOTE', 'EDI', 'EXCHANGE'));
comment on column orders.order_.source_id is 'What it was made from in another room: the quote, or the tender that was awarded to us.';
-- However often an award comes: one order.
create unique index order_of_award on orders.order_ (tenant_id, source_id) where source = 'EXCHANGE';

-- Which account another tenant is as our customer: settled at its first award, changed by staff.
create table alliances.ally (
    tenant_id uuid not null,
    counterpart uuid not null references identity.tenant (id),
    account_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    constraint ally_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id)
);
create index ally_by_account on alliances.ally (tenant_id, account_id);
alter table alliances.ally add primary key (tenant_id, counterpart);
comment on table alliances.ally is 'Who gave us legs to carry, and the account under which it stands in our books as a customer.';
comment on column alliances.ally.counterpart is 'A tenant; not called tenant_id, since it is not whose row this is.';
alter table alliances.ally enable row level security;
alter table alliances.ally force row level security;
