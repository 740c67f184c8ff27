-- What people and keys may do and how far they reach: units, roles, grants; the life of a key; what an operator sets.

alter table identity.tenant
    add column is_operator boolean not null default false,
    add column requests_per_minute integer,
    add column key_requests_per_minute integer,
    add column storage_bytes bigint,
    add column suspended_at timestamptz,
    add constraint tenant_operator_slug check (is_operator = (slug = 'operator')),
    add constraint tenant_limits_form check (least(requests_per_minute, key_requests_per_minute, storage_bytes) > 0);
comment on column identity.tenant.is_operator is 'The one tenant that stands for the operator of the platform: its keys open /v1/operator and nothing else.';
comment on column identity.tenant.requests_per_minute is 'Rate of the tenant as a whole; null for the configured one.';
comment on column identity.tenant.key_requests_per_minute is 'Rate of each of its keys and people; null for the configured one.';
comment on column identity.tenant.storage_bytes is 'Storage agreed with the tenant, to be held against its usage; null for none.';

create table identity.org_unit (
    tenant_id uuid not null references identity.tenant (id),
    unit_id uuid not null,
    parent_id uuid,
    name text not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, unit_id),
    constraint org_unit_name_key unique nulls not distinct (tenant_id, parent_id, name),
    constraint org_unit_parent foreign key (tenant_id, parent_id) references identity.org_unit (tenant_id, unit_id),
    constraint org_unit_parent_other check (parent_id <> unit_id),
    constraint org_unit_name_form check (length(name) between 1 and 120 and core.is_line(name))
);
comment on table identity.org_unit is 'Units of a tenant''s organisation, as a tree: branches, desks, teams. The functions keep it free of circles.';

-- A common code list: what the rows of new tenants are copied from. A later migration that changes it changes the copies.
create table identity.built_in_role (
    role text primary key,
    name text not null,
    audience text not null,
    scopes text[] not null
);
comment on table identity.built_in_role is 'Roles that every tenant has from its first day.';
insert into identity.built_in_role (role, name, audience, scopes) values
    ('owner', 'Owner', 'STAFF', '{*}'),
    ('manager', 'Manager', 'STAFF', '{orders:*,tracking:*,exchange:*,crm:*,identity:*,audit:read,privacy:*}'),
    ('sales', 'Sales', 'STAFF', '{crm:*,orders:read,tracking:read}'),
    ('customer_service', 'Customer service', 'STAFF', '{orders:*,tracking:*,crm:*,exchange:read}'),
    ('dispatcher', 'Dispatcher', 'STAFF', '{orders:*,tracking:*,exchange:*,crm:read}'),
    ('finance', 'Finance', 'STAFF', '{orders:read,tracking:read,exchange:read,crm:read}'),
    ('viewer', 'Viewer', 'STAFF', '{orders:read,tracking:read,exchange:read,crm:read}'),
    ('partner', 'Partner', 'PARTNER', '{orders:read,tracking:read,tracking:write}'),
    ('customer', 'Customer', 'CUSTOMER', '{orders:read,tracking:read,tracking:share}');

create table identity.role (
    tenant_id uuid not null references identity.tenant (id),
    role text not null,
    name text not null,
    audience text not null,
    scopes text[] not null,
    is_built_in boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, role),
    constraint role_form check (role ~ '^[a-z][a-z0-9_]{1,39}$'),
    constraint role_name_form check (length(name) between 1 and 80 and core.is_line(name)),
    constraint role_audience_known check (audience in ('STAFF', 'PARTNER', 'CUSTOMER')),
    constraint role_scopes_form check (array_ndims(scopes) = 1 and array_position(scopes, null) is null and cardinality(scopes) <= 40)
);
comment on table identity.role is 'Roles of a tenant: the built-in ones and its own. A grant gives one to a person.';
-- Before the wall stands: afterwards even the owner writes one tenant at a time.
insert into identity.role (tenant_id, role, name, audience, scopes, is_built_in)
select t.id, b.role, b.name, b.audience, b.scopes, true from identity.tenant t cross join identity.built_in_role b;

create table identity.role_grant (
    tenant_id uuid not null,
    grant_id uuid not null,
    user_id uuid not null,
    role text not null,
    reach text not null,
    unit_id uuid,
    account_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    primary key (tenant_id, grant_id),
    constraint role_grant_key unique nulls not distinct (tenant_id, user_id, role, reach, unit_id, account_id),
    constraint role_grant_user foreign key (tenant_id, user_id) references identity.app_user (tenant_id, user_id),
    constraint role_grant_role foreign key (tenant_id, role) references identity.role (tenant_id, role),
    constraint role_grant_unit foreign key (tenant_id, unit_id) references identity.org_unit (tenant_id, unit_id),
    constraint role_grant_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint role_grant_reach_known check (reach in ('OWN', 'UNIT', 'UNIT_AND_BELOW', 'TENANT', 'ACCOUNT', 'PARTNER')),
    constraint role_grant_unit_fits check ((unit_id is not null) = (reach in ('UNIT', 'UNIT_AND_BELOW'))),
    constraint role_grant_account_fits check ((account_id is not null) = (reach in ('ACCOUNT', 'PARTNER')))
);
create index role_grant_by_role on identity.role_grant (tenant_id, role);
create index role_grant_by_unit on identity.role_grant (tenant_id, unit_id);
create index role_grant_by_account on identity.role_grant (tenant_id, account_id);
comment on table identity.role_grant is 'Who holds which role, and over which data: own, a unit, a unit and those below, the tenant, an account, what a partner carries.';

alter table identity.api_key
    add column created_by uuid,
    add column created_by_kind text,
    add column addresses cidr[],
    add column requests_per_minute integer,
    add column old_secret_hash bytea,
    add column old_valid_until timestamptz,
    add column rotated_at timestamptz,
    add column revoked_by uuid,
    add constraint api_key_maker_known check (created_by_kind in ('KEY', 'USER', 'OPERATOR')),
    add constraint api_key_addresses_form check (cardinality(addresses) between 1 and 50 and array_position(addresses, null) is null),
    add constraint api_key_rate_form check (requests_per_minute > 0),
    add constraint api_key_old_form check ((old_secret_hash is null) = (old_valid_until is null) and octet_length(old_secret_hash) = 32);
comment on column identity.api_key.created_by is 'The key or the person that made it; null when hansa admin did.';
comment on column identity.api_key.addresses is 'Networks from which alone it counts; null for any.';
comment on column identity.api_key.old_secret_hash is 'The secret before the last rotation, which counts until old_valid_until.';
comment on column identity.api_key.is_test is 'A key hansa_test_…: told in answers; test data is not kept apart yet.';

alter table identity.org_unit enable row level security;
alter table identity.org_unit force row level security;
alter table identity.role enable row level security;
alter table identity.role force row level security;
alter table identity.role_grant enable row level security;
alter table identity.role_grant force row level security;

-- The operator of the platform: what each tenant used, hour by hour.
create schema operator;
comment on schema operator is 'Room operator: what the operator of the platform sees and sets of tenants.';

-- Common, and therefore its key is not called tenant_id. The application role reaches it through functions only.
create table operator.usage_hour (
    of_tenant uuid not null references identity.tenant (id),
    hour timestamptz not null,
    requests bigint not null default 0,
    refused bigint not null default 0,
    bytes_out bigint not null default 0,
    primary key (of_tenant, hour),
    constraint usage_hour_form check (hour = date_trunc('hour', hour, 'UTC')),
    constraint usage_hour_counts check (least(requests, refused, bytes_out) >= 0)
);
comment on table operator.usage_hour is 'Requests that servers counted for a tenant in an hour (UTC).';
comment on column operator.usage_hour.refused is 'Of them, those answered 429 or 503.';
