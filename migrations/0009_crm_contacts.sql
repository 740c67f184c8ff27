-- Whose an account is, people at accounts, and what they agreed to.

alter table crm.account
    add column owner_id uuid,
    add column unit_id uuid,
    add column scac text,
    add column version integer not null default 1,
    add constraint account_owner foreign key (tenant_id, owner_id) references identity.app_user (tenant_id, user_id),
    add constraint account_unit foreign key (tenant_id, unit_id) references identity.org_unit (tenant_id, unit_id),
    add constraint account_scac_form check (scac ~ '^[A-Z]{2,4}$');
create index account_by_owner on crm.account (tenant_id, owner_id);
create index account_by_unit on crm.account (tenant_id, unit_id);
comment on column crm.account.owner_id is 'The person of the tenant who looks after it; callers of reach OWN see the accounts that they own.';
comment on column crm.account.unit_id is 'The unit that looks after it; callers of reach UNIT see the accounts of their units.';
comment on column crm.account.scac is 'The carrier code of a partner: its people reach the shipments that it carries.';

-- What a carrier's people list by. Partial, so that only a search for a carrier can take it: without statistics PostgreSQL would
-- otherwise rate it as high as the primary key for a search by tenant and shipment.
create index shipment_by_carrier on orders.shipment (tenant_id, carrier_scac, shipment_id) where carrier_scac is not null;

create table crm.contact (
    tenant_id uuid not null,
    contact_id uuid not null,
    account_id uuid not null,
    name text not null,
    title text,
    email text,
    phone text,
    locale text,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, contact_id),
    constraint contact_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint contact_text_form check (length(name) between 1 and 120 and length(title) between 1 and 120
        and core.is_line(name || coalesce(title, '') || coalesce(phone, ''))),
    constraint contact_email_form check (email ~ '^[^@\s<>"(),;:\\]{1,64}@[^@\s<>"(),;:\\]+$' and length(email) <= 254 and core.is_line(email)),
    constraint contact_phone_form check (phone ~ '^\+?[0-9][0-9 ()./-]{2,39}$'),
    constraint contact_locale_form check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')
);
create index contact_by_account on crm.contact (tenant_id, account_id, contact_id);
comment on table crm.contact is 'People at accounts. Personal data.';

create table crm.consent (
    tenant_id uuid not null,
    consent_id uuid not null,
    contact_id uuid not null,
    purpose text not null,
    source text not null,
    granted_at timestamptz not null,
    withdrawn_at timestamptz,
    noted_by uuid,
    primary key (tenant_id, consent_id),
    constraint consent_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id),
    constraint consent_purpose_known check (purpose in ('SHIPMENT_NOTICES', 'SERVICE_NOTICES', 'SURVEYS', 'MARKETING', 'PHONE_CALLS')),
    constraint consent_source_form check (length(source) between 1 and 200 and core.is_line(source)),
    constraint consent_span check (granted_at <= withdrawn_at)
);
create index consent_by_contact on crm.consent (tenant_id, contact_id, consent_id);
-- At most one that stands, for a person and a purpose.
create unique index consent_standing on crm.consent (tenant_id, contact_id, purpose) where withdrawn_at is null;
comment on table crm.consent is 'What a contact agreed to, for which purpose, where that was said, and when it was taken back. Goes with the contact.';

alter table crm.contact enable row level security;
alter table crm.contact force row level security;
alter table crm.consent enable row level security;
alter table crm.consent force row level security;
