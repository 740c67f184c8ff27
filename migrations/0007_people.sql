-- The people of a tenant: who they are, how they prove it, and the sessions they have open.

comment on schema identity is 'Room identity: tenants, their people, sessions, roles and API keys.';

-- The name in the address by which people of a tenant may reach it; null while the slug alone names it.
alter table identity.tenant add column host text;
alter table identity.tenant add constraint tenant_host_key unique (host);
alter table identity.tenant add constraint tenant_host_form
    check (host ~ '^[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*$' and length(host) <= 253);
comment on column identity.tenant.host is 'Host name that names this tenant at sign-in, in small letters.';

create table identity.app_user (
    tenant_id uuid not null references identity.tenant (id),
    user_id uuid not null,
    email text not null,
    name text not null,
    locale text,
    audience text not null default 'STAFF',
    status text not null default 'INVITED',
    password_phc text,
    password_set_at timestamptz,
    totp_secret bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    activated_at timestamptz,
    disabled_at timestamptz,
    last_login_at timestamptz,
    version integer not null default 1,
    primary key (tenant_id, user_id),
    constraint app_user_email_key unique (tenant_id, email),
    constraint app_user_email_form check (email ~ '^[^@\s<>"(),;:\\]{1,64}@[^@\s.<>"(),;:\\]+(\.[^@\s.<>"(),;:\\]+)+$' and length(email) <= 254
        and core.is_line(email) and email = lower(email)),
    constraint app_user_name_form check (length(name) between 1 and 120 and core.is_line(name)),
    constraint app_user_locale_form check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint app_user_audience_known check (audience in ('STAFF', 'PARTNER', 'CUSTOMER')),
    constraint app_user_status_known check (status in ('INVITED', 'ACTIVE', 'DISABLED')),
    constraint app_user_password_form check (password_phc like '$argon2id$v=19$m=%' and length(password_phc) <= 160)
);
comment on table identity.app_user is 'People who may sign in to a tenant. Their rights are grants of roles.';
comment on column identity.app_user.email is 'In Unicode normal form C and small letters: what people sign in with.';
comment on column identity.app_user.password_phc is 'argon2id as a PHC string; null while there is none (invited, or single sign-on only).';
comment on column identity.app_user.totp_secret is 'Secret of the second factor, sealed (AES-256-GCM, key derived from secret_file); counts once confirmed.';
comment on column identity.app_user.totp_last_step is 'The last time step whose code was used: each counts once (RFC 6238, 5.2).';

create table identity.recovery_code (
    tenant_id uuid not null,
    user_id uuid not null,
    code_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    primary key (tenant_id, user_id, code_hash),
    constraint recovery_code_user foreign key (tenant_id, user_id) references identity.app_user (tenant_id, user_id),
    constraint recovery_code_hash_form check (octet_length(code_hash) = 32)
);
comment on table identity.recovery_code is 'Codes that stand in for the second factor, once each. Kept as HMAC-SHA256 under a key derived from secret_file.';

create table identity.session (
    tenant_id uuid not null,
    session_id uuid not null,
    user_id uuid not null,
    secret_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    idle_seconds integer not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_why text,
    second_factor text,
    address text not null,
    user_agent text,
    primary key (tenant_id, session_id),
    constraint session_secret_key unique (tenant_id, secret_hash),
    constraint session_user_known foreign key (tenant_id, user_id) references identity.app_user (tenant_id, user_id),
    constraint session_hash_form check (octet_length(secret_hash) = 32),
    constraint session_idle_form check (idle_seconds > 0),
    constraint session_why_known check (ended_why in ('LOGOUT', 'REVOKED', 'REPLACED', 'DISABLED', 'PASSWORD', 'EMAIL', 'ROLE', 'FACTOR')),
    constraint session_factor_known check (second_factor in ('TOTP', 'RECOVERY_CODE', 'PROVIDER')),
    constraint session_agent_form check (length(user_agent) <= 200)
);
create index session_of_user on identity.session (tenant_id, user_id, session_id);
comment on table identity.session is 'Sessions of people. Only the SHA-256 of the cookie is kept.';
comment on column identity.session.expires_at is 'The end whatever happens; idle_seconds without use end it sooner.';

create table identity.user_link (
    tenant_id uuid not null,
    link_id uuid not null,
    user_id uuid not null,
    kind text not null,
    token_hash bytea not null,
    email text not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, link_id),
    constraint user_link_user foreign key (tenant_id, user_id) references identity.app_user (tenant_id, user_id),
    constraint user_link_kind_known check (kind in ('INVITATION', 'PASSWORD_RESET', 'EMAIL_CHANGE')),
    constraint user_link_hash_form check (octet_length(token_hash) = 32)
);
create index user_link_of_user on identity.user_link (tenant_id, user_id);
-- Last: see 0004_orders.sql.
alter table identity.user_link add constraint user_link_token_key unique (tenant_id, token_hash);
comment on table identity.user_link is 'Links that prove an e-mail address, good once: invitation, password reset, change of address. Only hashes of their tokens.';
comment on column identity.user_link.email is 'Address that the link goes to.';

create table identity.outgoing_link (
    tenant_id uuid not null,
    link_id uuid not null,
    sealed bytea,
    created_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, link_id),
    constraint outgoing_link_link foreign key (tenant_id, link_id) references identity.user_link (tenant_id, link_id)
);
comment on table identity.outgoing_link is 'Links to be handed over, sealed; emptied when the link is used or replaced. Until there are notifications, hansa admin shows them.';

create table identity.login_failure (
    tenant_id uuid not null references identity.tenant (id),
    subject bytea not null,
    failure_count integer not null,
    last_at timestamptz not null,
    blocked_until timestamptz,
    primary key (tenant_id, subject),
    constraint login_failure_subject_form check (octet_length(subject) = 32)
);
comment on table identity.login_failure is 'Failed sign-ins of one account (from strange addresses together, from a known address apart); forgotten after 15 quiet minutes.';
comment on column identity.login_failure.subject is 'SHA-256 of the address signed in with, so that addresses of nobody are not kept.';

-- Common to all tenants: an address that guesses does so wherever it can.
create table identity.login_source (
    source text primary key,
    failure_count integer not null,
    last_at timestamptz not null,
    blocked_until timestamptz
);
comment on table identity.login_source is 'Failed sign-ins of one client address, over all tenants; forgotten after 15 quiet minutes.';

alter table identity.app_user enable row level security;
alter table identity.app_user force row level security;
alter table identity.recovery_code enable row level security;
alter table identity.recovery_code force row level security;
alter table identity.session enable row level security;
alter table identity.session force row level security;
alter table identity.user_link enable row level security;
alter table identity.user_link force row level security;
alter table identity.outgoing_link enable row level security;
alter table identity.outgoing_link force row level security;
alter table identity.login_failure enable row level security;
alter table identity.login_failure force row level security;
