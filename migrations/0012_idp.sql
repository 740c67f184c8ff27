-- Single sign-on: the identity providers of a tenant, sign-ins under way at them, and whom their people are here.

create table identity.idp (
    tenant_id uuid not null references identity.tenant (id),
    idp_id uuid not null,
    slug text not null,
    name text not null,
    issuer text not null,
    client_id text not null,
    client_secret bytea,
    scopes text[] not null,
    role_claim text,
    role_map jsonb not null default '[]',
    default_role jsonb,
    email_domains text[] not null default '{}',
    trusts_email boolean not null default false,
    is_enabled boolean not null default true,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, idp_id),
    constraint idp_slug_key unique (tenant_id, slug),
    constraint idp_slug_form check (slug ~ '^[a-z][a-z0-9-]{1,39}$'),
    constraint idp_name_form check (length(name) between 1 and 120 and core.is_line(name)),
    constraint idp_issuer_form check (issuer ~ '^https://[^?#@\s]+$' and length(issuer) <= 512),
    constraint idp_client_form check (length(client_id) between 1 and 255 and core.is_line(client_id)),
    constraint idp_scopes_form check (array_ndims(scopes) = 1 and 'openid' = any (scopes) and cardinality(scopes) <= 20),
    constraint idp_role_claim_form check (length(role_claim) between 1 and 120 and core.is_line(role_claim)),
    constraint idp_role_map_form check (jsonb_typeof(role_map) = 'array' and jsonb_array_length(role_map) <= 100),
    constraint idp_default_role_form check (jsonb_typeof(default_role) = 'object'),
    constraint idp_domains_form check (cardinality(email_domains) <= 50 and array_position(email_domains, null) is null)
);
comment on table identity.idp is 'Identity providers (OpenID Connect) through which people of a tenant sign in.';
comment on column identity.idp.issuer is 'Compared byte for byte with the provider''s own document and with every ID token.';
comment on column identity.idp.client_secret is 'Sealed (AES-256-GCM) for this tenant, issuer and client, so that it opens for no other; null for a public client.';
comment on column identity.idp.role_map is '[{value, role, reach, unit_id, account_id}]: who has the value in role_claim holds the role.';
comment on column identity.idp.default_role is '{role, reach, unit_id, account_id} for whom the map gives nothing; null = they are refused.';
comment on column identity.idp.email_domains is 'Domains that an owner of the tenant declared its own: only addresses there sign in, and a known person is found by them. Empty = any domain, and nobody is found by address.';
comment on column identity.idp.trusts_email is 'The provider''s addresses count even when it does not say email_verified.';

create table identity.idp_login (
    tenant_id uuid not null,
    state_hash bytea not null,
    idp_id uuid not null,
    browser_hash bytea not null,
    nonce_hash bytea not null,
    verifier bytea not null,
    return_to text not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, state_hash),
    constraint idp_login_idp foreign key (tenant_id, idp_id) references identity.idp (tenant_id, idp_id),
    constraint idp_login_hashes_form check (octet_length(state_hash) = 32 and octet_length(browser_hash) = 32 and octet_length(nonce_hash) = 32),
    constraint idp_login_return_form check (return_to ~ '^/([^/\\]|$)' and length(return_to) <= 512)
);
create index idp_login_of_idp on identity.idp_login (tenant_id, idp_id);
create index idp_login_by_end on identity.idp_login (tenant_id, expires_at);
comment on table identity.idp_login is 'Sign-ins under way at a provider: good once, within ten minutes, in the browser that began them. Swept by later ones.';
comment on column identity.idp_login.browser_hash is 'SHA-256 of the cookie that the browser got at the start.';
comment on column identity.idp_login.verifier is 'PKCE code verifier (RFC 7636), sealed.';

create table identity.user_identity (
    tenant_id uuid not null,
    issuer text not null,
    subject text not null,
    user_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    last_login_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, issuer, subject),
    constraint user_identity_user foreign key (tenant_id, user_id) references identity.app_user (tenant_id, user_id),
    constraint user_identity_subject_form check (length(subject) between 1 and 255)
);
create index user_identity_of_user on identity.user_identity (tenant_id, user_id);
comment on table identity.user_identity is 'Whom a provider''s subject is here. Issuer and subject find a person, never the address alone.';

alter table identity.idp enable row level security;
alter table identity.idp force row level security;
alter table identity.idp_login enable row level security;
alter table identity.idp_login force row level security;
alter table identity.user_identity enable row level security;
alter table identity.user_identity force row level security;
