-- What was answered under an Idempotency-Key, for a day; and what servers tell one another of rates.

create table core.idempotency (
    tenant_id uuid not null,
    actor_id uuid not null,
    route text not null,
    key text not null,
    request_hash bytea not null,
    outcome text not null,
    body text,
    columns jsonb,
    is_secret boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    primary key (tenant_id, actor_id, route, key),
    constraint idempotency_hash_form check (octet_length(request_hash) = 32),
    constraint idempotency_key_form check (key ~ '^[\x21-\x7e]{1,255}$'),
    constraint idempotency_outcome_known check (outcome in ('ROW', 'NONE', 'ERROR')),
    constraint idempotency_secret_untold check (not is_secret or (body is null and columns is null))
);
create index idempotency_by_end on core.idempotency (tenant_id, expires_at);
alter table core.idempotency enable row level security;
alter table core.idempotency force row level security;
comment on table core.idempotency is
    'Answers that were given under an Idempotency-Key, written with their effect in one transaction. May hold personal data; gone after a day.';
comment on column core.idempotency.route is 'Method and path template; the path itself is part of request_hash.';
comment on column core.idempotency.columns is 'The other columns of the row (location, version …), or what the statement raised.';

-- Common and without content: numbers under hashes. Unlogged, because a minute after a crash they mean nothing any more.
create unlogged table core.rate_server (
    server_id uuid primary key,
    seen_at timestamptz not null
);
comment on table core.rate_server is 'Servers that count requests now; each says so every second.';

create unlogged table core.rate_use (
    subject bigint not null,
    server_id uuid not null,
    second bigint not null,
    uses integer[] not null,
    lease integer not null,
    primary key (subject, server_id),
    constraint rate_use_form check (cardinality(uses) = 60 and lease >= 0)
);
create index rate_use_by_server on core.rate_use (server_id, second);
comment on table core.rate_use is 'Requests that a server let in, by the hash of a key or tenant, for each of the sixty seconds up to `second`.';
comment on column core.rate_use.lease is 'How many more the server may let in until it is heard again.';
