-- Accounts: a tenant's private view of the organisations it deals with.

create schema crm;
comment on schema crm is 'Room crm: customers, partners and suppliers of a tenant.';

create table crm.account (
    tenant_id uuid not null references identity.tenant (id),
    account_id uuid not null,
    kind text not null default 'CUSTOMER',
    customer_code text,
    name text not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    primary key (tenant_id, account_id),
    constraint account_customer_code_key unique (tenant_id, customer_code),
    constraint account_kind_known check (kind in ('PROSPECT', 'CUSTOMER', 'PARTNER', 'SUPPLIER')),
    constraint account_customer_code_form check (length(customer_code) between 1 and 40 and core.is_line(customer_code)),
    constraint account_name_form check (length(name) between 1 and 200 and core.is_line(name))
);
comment on table crm.account is 'One organisation as one tenant sees it; two tenants never share a row.';
comment on column crm.account.customer_code is 'The tenant''s own code for the account; unique within the tenant.';
comment on column crm.account.created_by is 'The API key that made the row.';

alter table crm.account enable row level security;
alter table crm.account force row level security;
