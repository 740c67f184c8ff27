-- The audit trail: who did what, when, from where; append-only, sealed in hash-chained batches (decision 0020).

create schema audit;
comment on schema audit is 'Room audit: the record of changes and unusual accesses, and the seals that prove it whole.';

-- Written by the transaction that makes the change, and never changed again: the application role may insert and read.
-- No foreign key to identity.tenant, which would lock one row for every write of a tenant.
create table audit.entry (
    tenant_id uuid not null,
    entry_id uuid not null,
    at timestamptz not null,
    actor_id uuid,
    actor_kind text not null,
    session_id uuid,
    origin bytea,
    endpoint text,
    method text,
    object_kind text,
    object_id uuid,
    outcome text not null,
    code text,
    changes jsonb,
    request_id text,
    trace_id text,
    constraint entry_actor_kind_known check (actor_kind in ('KEY', 'USER', 'OPERATOR', 'ANYBODY', 'SYSTEM')),
    constraint entry_outcome_known check (outcome in ('CHANGED', 'REFUSED', 'READ', 'SUMMED')),
    constraint entry_origin_form check (octet_length(origin) = 32),
    constraint entry_changes_form check (jsonb_typeof(changes) = 'object')
);
create index entry_by_object on audit.entry (tenant_id, object_id, entry_id);
create index entry_by_actor on audit.entry (tenant_id, actor_id, entry_id);
alter table audit.entry add primary key (tenant_id, entry_id);  -- last: see 0004_orders.sql
comment on table audit.entry is 'One row for each change, refused or unusual access. Holds no personal value in clear: only salted digests.';
comment on column audit.entry.entry_id is 'UUIDv7 of the moment `at`.';
comment on column audit.entry.actor_kind is 'KEY, USER, OPERATOR as the door found; ANYBODY without credential; SYSTEM for commands and timers.';
comment on column audit.entry.origin is 'Salted SHA-256 of the address; the address itself stands in audit.origin as long as it may be kept.';
comment on column audit.entry.outcome is 'CHANGED, REFUSED, READ (an export or the like), SUMMED (accesses too many to note one by one).';
comment on column audit.entry.changes is 'Names of fields with their new value or {old, new}; secrets as …, personal values as salted digests.';

-- Where somebody came from. One row an actor, address and day, so that a call seldom writes one. Deleting a row leaves the
-- digest in the entries, which tells nothing without the salt.
create table audit.origin (
    tenant_id uuid not null,
    digest bytea not null,
    salt bytea not null,
    actor_id uuid,
    address text not null,
    day date not null,
    primary key (tenant_id, digest),
    constraint origin_digest_form check (octet_length(digest) = 32 and octet_length(salt) = 16)
);
create index origin_by_address on audit.origin (tenant_id, address, day, actor_id);
create index origin_by_actor on audit.origin (tenant_id, actor_id);
comment on table audit.origin is 'Addresses of callers in clear, apart from the sealed entries; erased with the person or by age.';

-- What makes the digests of one person's values unreadable when it is deleted.
create table audit.salt (
    tenant_id uuid not null,
    subject_id uuid not null,
    salt_id uuid not null,
    salt bytea not null,
    made_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, subject_id, salt_id),
    constraint salt_form check (octet_length(salt) = 16)
);
comment on table audit.salt is 'Salts of personal values in audit.entry.changes, by person. Without its salt a digest says nothing.';

-- Each seal names the entries that it covers, so that an entry whose transaction commits late is in a later seal and in none
-- before; the hash runs over the seal before it.
create table audit.seal (
    tenant_id uuid not null,
    seal_no bigint not null,
    sealed_at timestamptz not null,
    covers_to timestamptz not null,
    entries uuid[] not null,
    digests bytea not null,
    prev_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, seal_no),
    constraint seal_no_form check (seal_no >= 1),
    constraint seal_hash_form check (octet_length(hash) = 32 and octet_length(prev_hash) = 32),
    constraint seal_digests_form check (octet_length(digests) = 32 * cardinality(entries))
);
create index seal_by_time on audit.seal (tenant_id, sealed_at);
comment on table audit.seal is 'Batches of entries under a chain of SHA-256.';
comment on column audit.seal.covers_to is 'Sealing has come to this moment: sealed_at, but for a seal that was full.';
comment on column audit.seal.digests is 'SHA-256 of the canonical text of each entry, 32 bytes each, as in entries.';
comment on column audit.seal.hash is 'SHA-256 of prev_hash, the head line and digests; see audit.seal_hash.';

create table audit.head (
    tenant_id uuid primary key,
    seal_no bigint not null,
    hash bytea not null,
    signed_at timestamptz not null,
    signature bytea not null,
    constraint head_form check (octet_length(hash) = 32 and octet_length(signature) = 32)
);
comment on table audit.head is 'The newest seal, signed by the server with a key that the database does not have: a cut tail shows.';

alter table audit.entry enable row level security;
alter table audit.entry force row level security;
alter table audit.origin enable row level security;
alter table audit.origin force row level security;
alter table audit.salt enable row level security;
alter table audit.salt force row level security;
alter table audit.seal enable row level security;
alter table audit.seal force row level security;
alter table audit.head enable row level security;
alter table audit.head force row level security;

create schema privacy;
comment on schema privacy is 'Room privacy: which columns hold personal data, how long it is kept, who was erased.';

-- Common to all tenants; rows come from migrations/rooms/privacy/register.sql. A test compares them with the catalogue.
create table privacy.register (
    column_name text primary key,
    holds text not null,
    subject text not null default '',
    on_erasure text not null default '',
    constraint register_holds_known check (holds in ('PERSON', 'MAYBE', 'NONE')),
    constraint register_erasure_said check (holds = 'NONE' or on_erasure <> '')
);
comment on table privacy.register is 'Every column that can hold text, and whether it holds something of a person.';
comment on column privacy.register.column_name is 'schema.table.column';
comment on column privacy.register.holds is 'PERSON: personal data; MAYBE: free text or a file in which a person may be named; NONE.';
comment on column privacy.register.subject is 'How the person is found from the row.';
comment on column privacy.register.on_erasure is 'What erasure does with it.';

create table privacy.retention_class (
    class text primary key,
    default_days integer not null,
    minimum_days integer not null,
    about text not null
);
comment on table privacy.retention_class is 'What is deleted by age, and after how many days unless a tenant says otherwise.';

create table privacy.retention (
    tenant_id uuid not null,
    class text not null,
    days integer not null,
    primary key (tenant_id, class),
    constraint retention_days_sane check (days between 1 and 36500)
);
comment on table privacy.retention is 'How many days a tenant keeps each class of data.';

create table privacy.erasure (
    tenant_id uuid not null,
    erasure_id uuid not null,
    subject_id uuid not null,
    erased_at timestamptz not null default clock_timestamp(),
    erased_by uuid,
    rows jsonb not null,
    primary key (tenant_id, erasure_id)
);
comment on table privacy.erasure is 'Erasures that were done: which pseudonym, when, by whom, how many rows; nothing of the person.';

alter table privacy.retention enable row level security;
alter table privacy.retention force row level security;
alter table privacy.erasure enable row level security;
alter table privacy.erasure force row level security;
