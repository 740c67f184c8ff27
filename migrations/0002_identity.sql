-- Tenants and the API keys that speak for them.

create schema identity;
comment on schema identity is 'Room identity: tenants and API keys.';

-- A common directory, therefore its key is not called tenant_id: that name always means a walled row.
create table identity.tenant (
    id uuid primary key,
    slug text not null,
    name text not null,
    zone text not null default 'UTC',
    locale text not null default 'en',
    status text not null default 'ACTIVE',
    created_at timestamptz not null default clock_timestamp(),
    constraint tenant_slug_key unique (slug),
    constraint tenant_slug_form check (slug ~ '^[a-z][a-z0-9-]{1,39}$'),
    constraint tenant_name_form check (length(name) between 1 and 120 and core.is_line(name)),
    constraint tenant_zone_known foreign key (zone) references core.zone (zone),
    constraint tenant_locale_form check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint tenant_status_known check (status in ('ACTIVE', 'SUSPENDED'))
);
comment on table identity.tenant is 'Directory of tenants. The application role sees only the row of the tenant it works for.';

create table identity.api_key (
    tenant_id uuid not null references identity.tenant (id),
    api_key_id uuid not null,
    key_ref text not null,
    name text not null,
    prefix text not null,
    secret_hash bytea not null,
    scopes text[] not null,
    is_test boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, api_key_id),
    constraint api_key_ref_key unique (tenant_id, key_ref),
    constraint api_key_ref_form check (key_ref ~ '^[0-9A-Za-z]{8}$'),
    constraint api_key_name_form check (length(name) between 1 and 80 and core.is_line(name)),
    constraint api_key_hash_form check (octet_length(secret_hash) = 32),
    constraint api_key_scopes_form check (array_ndims(scopes) = 1 and array_position(scopes, null) is null)
);
comment on table identity.api_key is 'API keys. Only the SHA-256 of a key is kept; key_ref is the part of the key that finds the row.';
comment on column identity.api_key.prefix is 'What a person may be shown of the key, such as hansa_live_…_ab12cd34.';

alter table identity.api_key enable row level security;
alter table identity.api_key force row level security;
-- The directory is walled for the application role only; its owner keeps it (hansa admin).
alter table identity.tenant enable row level security;
