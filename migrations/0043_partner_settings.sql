-- What becomes of work that is given to a partner whose insurance, licence or certificate has run out (decision 0050).

create table partners.setting (
    tenant_id uuid primary key,
    expired_credentials text not null,
    changed_at timestamptz not null default clock_timestamp(),
    constraint setting_expired_credentials_known check (expired_credentials in ('WARN', 'REFUSE'))
);
comment on table partners.setting is 'How a tenant deals with its partners; a tenant without a row has WARN.';
comment on column partners.setting.expired_credentials is 'Work for a partner of whom an insurance, licence or certificate has run out: WARN gives it and says so, REFUSE does not give it.';
alter table partners.setting enable row level security;
alter table partners.setting force row level security;

-- Which accounts a carrier code stands for.
create index account_by_scac on crm.account (tenant_id, scac) where scac is not null;
