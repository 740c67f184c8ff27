-- What the rooms of the first floor stand on: events that others may care about, the queue of work, scopes of the built-in roles.

create table core.event (
    tenant_id uuid not null,
    event_id uuid not null,
    type text not null,
    object_kind text not null,
    object_id uuid not null,
    data jsonb not null default '{}',
    occurred_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, event_id),
    constraint event_type_form check (type ~ '^[a-z_]+\.[a-z_]+\.[a-z_]+$'),
    constraint event_data_form check (jsonb_typeof(data) = 'object')
);
create index event_by_object on core.event (tenant_id, object_id, event_id);
alter table core.event enable row level security;
alter table core.event force row level security;
comment on table core.event is 'What changed and others may care about (room.noun.verb), written in the transaction of the change. Scans are their own record: tracking.event.';
comment on column core.event.data is 'Ids, states and numbers. No personal data.';

-- Common to all tenants, since workers look for work of everybody; so it holds ids only.
create table core.job (
    job_id uuid primary key,
    of_tenant uuid not null,
    kind text not null,
    key text,
    payload jsonb not null default '{}',
    run_at timestamptz not null,
    tries smallint not null default 0,
    lease uuid,
    leased_until timestamptz,
    last_error text,
    dead_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint job_kind_form check (kind ~ '^[a-z_]+\.[a-z_]+$'),
    constraint job_payload_form check (jsonb_typeof(payload) = 'object'),
    constraint job_lease_whole check ((lease is null) = (leased_until is null))
);
create unique index job_waiting_key on core.job (of_tenant, kind, key) where key is not null and lease is null and dead_at is null;
create index job_due on core.job (of_tenant, run_at) where dead_at is null;
create index job_dead on core.job (of_tenant, job_id) where dead_at is not null;
comment on table core.job is 'Work that waits, runs under a lease, or was given up. A row leaves when its work is done.';
comment on column core.job.of_tenant is 'Whose work it is. Not named tenant_id: the table has no wall.';
comment on column core.job.key is 'Of jobs with the same tenant, kind and key at most one waits.';
comment on column core.job.payload is 'Ids only.';

create table core.subscription (
    event_type text not null,
    job_kind text not null,
    primary key (event_type, job_kind)
);
comment on table core.subscription is 'Which kinds of job are made when an event is written. Rows come from migrations/rooms/<room>/subscriptions.sql.';

update identity.built_in_role b
   set scopes = n.scopes
  from (values
        ('manager', '{orders:*,tracking:*,exchange:*,crm:*,sales:*,partners:*,alliances:*,membership:*,insight:*,files:*,identity:*,audit:read,privacy:*}'::text[]),
        ('sales', '{crm:*,sales:*,orders:read,orders:book,tracking:read,membership:read,insight:read,files:*}'),
        ('customer_service', '{orders:*,tracking:*,crm:*,sales:read,membership:*,partners:read,alliances:read,insight:read,files:*,exchange:read}'),
        ('dispatcher', '{orders:*,tracking:*,exchange:*,partners:*,alliances:*,files:*,crm:read}'),
        ('finance', '{orders:read,tracking:read,exchange:read,crm:read,sales:read,partners:read,alliances:read,membership:read,insight:read,files:read}'),
        ('viewer', '{orders:read,tracking:read,exchange:read,crm:read,sales:read,partners:read,alliances:read,membership:read,insight:read,files:read}'),
        ('partner', '{orders:read,tracking:read,tracking:write,alliances:read,alliances:answer,files:read,files:write}'),
        ('customer', '{orders:read,orders:book,tracking:read,tracking:share,sales:read,sales:accept,membership:read,membership:redeem,files:read}')
       ) as n (role, scopes)
 where b.role = n.role;
-- The wall asks for one tenant at a time, also of the owner of the tables; a migration has none.
alter table identity.role no force row level security;
update identity.role r set scopes = b.scopes
  from identity.built_in_role b
 where r.is_built_in and r.role = b.role;
alter table identity.role force row level security;
