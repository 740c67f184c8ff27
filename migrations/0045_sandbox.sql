-- A sandbox is a tenant in which a firm's integrators try things out: a row of the directory beside the firm's own, so that the walls
-- that part tenants part the two as well (decision 0049).

-- The two ids differ in the version alone (RFC 9562: 7, and 8 for ids of one's own making). So a constraint, a policy and a key's text
-- can tell a sandbox by itself, without a look at the directory.
create function identity.api_is_sandbox(p_tenant uuid) returns boolean
    language sql immutable parallel safe
    as $$ select substr(p_tenant::text, 15, 1) = '8' $$;
comment on function identity.api_is_sandbox(uuid) is 'Is this the id of a sandbox? Told by its version.';
create function identity.api_sandbox_id(p_tenant uuid) returns uuid
    language sql immutable parallel safe
    as $$ select overlay(p_tenant::text placing '8' from 15)::uuid $$;
comment on function identity.api_sandbox_id(uuid) is 'Id of a tenant''s sandbox; a sandbox''s own stays as it is.';
create function identity.api_tenth(p_limit bigint) returns bigint
    language sql immutable parallel safe
    as $$ select (p_limit + 9) / 10 $$;
comment on function identity.api_tenth(bigint) is 'What a sandbox has of a limit of its tenant: a tenth, rounded up; of none, none.';

alter table identity.tenant add column sandbox_of uuid;
alter table identity.tenant
    add constraint tenant_sandbox_of_key unique (sandbox_of),
    add constraint tenant_sandbox_of foreign key (sandbox_of) references identity.tenant (id),
    add constraint tenant_sandbox_named check (coalesce(id = identity.api_sandbox_id(sandbox_of), not identity.api_is_sandbox(id))),
    add constraint tenant_sandbox_plain check (sandbox_of is null or (host is null and not is_operator and substr(sandbox_of::text, 15, 1) = '7')),
    drop constraint tenant_slug_form,
    -- A dot, which no other slug has: nobody can name a sandbox at sign-in, and none takes a name from a firm.
    add constraint tenant_slug_form check (case when sandbox_of is null then slug ~ '^[a-z][a-z0-9-]{1,39}$'
                                                else slug ~ '^[a-z][a-z0-9-]{1,39}\.sandbox$' end);
comment on column identity.tenant.sandbox_of is 'Whose sandbox it is; null for a firm. Made, suspended and limited together with it.';

-- Every firm that there is gets one; it is filled by a job, for which the sandbox's id will do: functions come after the numbered files.
insert into identity.tenant (id, slug, name, zone, locale, status, suspended_at, sandbox_of, requests_per_minute, key_requests_per_minute, storage_bytes)
select identity.api_sandbox_id(t.id), t.slug || '.sandbox', t.name, t.zone, t.locale, t.status, t.suspended_at, t.id,
       identity.api_tenth(t.requests_per_minute), identity.api_tenth(t.key_requests_per_minute), identity.api_tenth(t.storage_bytes)
  from identity.tenant t
 where not t.is_operator;
insert into core.job (job_id, of_tenant, kind, payload, run_at)
select t.id, t.sandbox_of, 'sandbox.settle', '{}', clock_timestamp() from identity.tenant t where t.sandbox_of is not null;

-- A test key is the firm's row (identity.api_key), which tells who made it and whether it counts. What the sandbox has to know of it
-- stands here, written with it: a common list, of which the firm sees its own lines and the sandbox those that work in it.
create table identity.sandbox_key (
    sandbox uuid not null,
    api_key_id uuid not null,
    of_tenant uuid not null,
    name text not null,
    scopes text[] not null,
    primary key (sandbox, api_key_id),
    constraint sandbox_key_sandbox foreign key (sandbox) references identity.tenant (id),
    constraint sandbox_key_own check (sandbox = identity.api_sandbox_id(of_tenant) and sandbox <> of_tenant)
);
comment on table identity.sandbox_key is 'Test keys as the sandbox in which they work knows them: name and scopes. The key itself is a row of the firm.';
alter table identity.sandbox_key enable row level security;

alter table identity.api_key no force row level security;
insert into identity.sandbox_key (sandbox, api_key_id, of_tenant, name, scopes)
select identity.api_sandbox_id(k.tenant_id), k.api_key_id, k.tenant_id, k.name, k.scopes
  from identity.api_key k
  join identity.tenant t on t.id = k.tenant_id and not t.is_operator
 where k.is_test;
alter table identity.api_key force row level security;
comment on column identity.api_key.is_test is 'A key hansa_test_…: it works in the sandbox of the tenant whose row it is.';

-- Where a sandbox has no place is said once more by the tables: nobody is signed in to one, none stands in the directory or in an
-- alliance, no document goes to one or comes from one, and nobody counts what it uses.
alter table identity.session add constraint session_not_sandbox check (not identity.api_is_sandbox(tenant_id));
alter table partners.organisation add constraint organisation_not_sandbox
    check (not coalesce(identity.api_is_sandbox(of_tenant), false) and not coalesce(identity.api_is_sandbox(entered_by_tenant), false));
alter table alliances.alliance add constraint alliance_not_sandbox check (not identity.api_is_sandbox(lead_tenant));
alter table alliances.member add constraint member_not_sandbox check (not identity.api_is_sandbox(member_tenant));
alter table exchange.document add constraint document_not_sandbox check (not identity.api_is_sandbox(tenant_id) and not identity.api_is_sandbox(counterpart));
alter table operator.usage_hour add constraint usage_hour_not_sandbox check (not identity.api_is_sandbox(of_tenant));

-- Which tables are settings: what a firm has set up before it does business. Each room names its own (migrations/rooms/<room>/settings.sql).
create table core.setting (
    table_name text primary key,
    place integer not null,
    left_out text[] not null default '{}',
    constraint setting_place_key unique (place)
);
comment on table core.setting is 'Tables of settings, with which a sandbox is filled. Rows come from migrations/rooms/<room>/settings.sql.';
comment on column core.setting.place is 'Order of filling: a table behind those that it refers to.';
comment on column core.setting.left_out is 'Columns that point at people or business and stay empty.';

create schema sandbox;
comment on schema sandbox is 'Room sandbox: what a firm''s integrators try out, and what would have left the house.';

create table sandbox.outgoing (
    tenant_id uuid not null,
    outgoing_id uuid not null,
    kind text not null,
    recipient text not null,
    head text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, outgoing_id),
    constraint outgoing_kind_form check (kind ~ '^[A-Z][A-Z_]{1,39}$'),
    constraint outgoing_head_short check (length(head) <= 1000)
);
comment on table sandbox.outgoing is 'What would have left the house, had it been a firm''s and not its sandbox''s.';
comment on column sandbox.outgoing.head is 'Beginning of what it says; never a secret.';

create table sandbox.emptying (
    tenant_id uuid not null,
    status text not null,
    requested_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz,
    rows_deleted bigint not null default 0,
    primary key (tenant_id),
    constraint emptying_status_known check (status in ('WAITING', 'RUNNING', 'ENDED')),
    constraint emptying_status_fits check ((started_at is not null) = (status <> 'WAITING') and (ended_at is not null) = (status = 'ENDED'))
);
comment on table sandbox.emptying is 'The last emptying of a sandbox and how far it is.';

alter table sandbox.outgoing enable row level security;
alter table sandbox.outgoing force row level security;
alter table sandbox.emptying enable row level security;
alter table sandbox.emptying force row level security;
