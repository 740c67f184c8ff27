-- Insight: who the customers are by recency, frequency and money (RFM), and who makes the business (ABC); kept as snapshots.
-- How grades are made: docs/decisions/0036-membership-and-insight.md.

create schema insight;
comment on schema insight is 'Room insight: analyses of customers, live and as snapshots.';

create table insight.snapshot (
    tenant_id uuid not null references identity.tenant (id),
    snapshot_id uuid not null,
    cause text not null,
    basis text not null,
    currency text,
    months smallint not null,
    from_day date not null,
    to_day date not null,
    is_own_cuts boolean not null,
    r_cuts numeric[] not null,
    f_cuts numeric[] not null,
    m_cuts numeric[] not null,
    a_limit numeric not null,
    b_limit numeric not null,
    account_count integer not null,
    total numeric not null,
    proposes_tiers boolean not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint snapshot_cause_known check (cause in ('NIGHTLY', 'ASKED')),
    constraint snapshot_basis_known check (basis in ('ORDERS', 'SHIPMENTS')),
    constraint snapshot_currency_form check ((basis = 'ORDERS') = (currency is not null) and currency ~ '^[A-Z]{3}$'),
    constraint snapshot_span check (from_day <= to_day),
    constraint snapshot_limits check (0 < a_limit and a_limit <= b_limit and b_limit <= 100)
);
create unique index snapshot_nightly on insight.snapshot (tenant_id, basis, months, to_day, (coalesce(currency, ''))) where cause = 'NIGHTLY';
alter table insight.snapshot add primary key (tenant_id, snapshot_id);
comment on table insight.snapshot is 'An analysis as it was: what was looked at, and the cut-offs that held. Never changed.';
comment on column insight.snapshot.r_cuts is 'Most days for grades 2, 3, 4, 5; null where nobody has so good a grade.';
comment on column insight.snapshot.f_cuts is 'Least number for grades 2, 3, 4, 5.';
comment on column insight.snapshot.m_cuts is 'Least value for grades 2, 3, 4, 5.';

create table insight.grade (
    tenant_id uuid not null,
    snapshot_id uuid not null,
    account_id uuid not null,
    last_day date not null,
    frequency bigint not null,
    value numeric not null,
    r smallint not null,
    f smallint not null,
    m smallint not null,
    r_rank integer not null,
    f_rank integer not null,
    m_rank integer not null,
    before numeric not null,
    abc text not null,
    constraint grade_snapshot foreign key (tenant_id, snapshot_id) references insight.snapshot (tenant_id, snapshot_id),
    constraint grade_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint grade_grades check (least(r, f, m) >= 1 and greatest(r, f, m) <= 5),
    constraint grade_abc_known check (abc in ('A', 'B', 'C'))
);
create index grade_by_account on insight.grade (tenant_id, account_id, snapshot_id);
alter table insight.grade add primary key (tenant_id, snapshot_id, account_id);
comment on table insight.grade is 'What an account was in a snapshot. Never changed.';
comment on column insight.grade.before is 'Sum of the values of all accounts that have more.';

-- Of an account in an analysis, live or kept, with the cut-offs beside it.
create type insight.graded as (
    account_id uuid, last_day date, days integer, frequency bigint, value numeric, r smallint, f smallint, m smallint,
    r_rank integer, f_rank integer, m_rank integer, account_count integer, total numeric, before numeric, abc text,
    r_cuts numeric[], f_cuts numeric[], m_cuts numeric[]);
comment on type insight.graded is 'An account with its grades and all that they come from.';

-- What an analysis looks at, after its parameters were checked.
create type insight.question as (
    basis text, currency text, months integer, from_day date, to_day date, r_cuts numeric[], f_cuts numeric[], m_cuts numeric[],
    a_limit numeric, b_limit numeric, zone text);
comment on type insight.question is 'What an analysis looks at; cut-offs are null for quintiles.';

alter table insight.snapshot enable row level security;
alter table insight.snapshot force row level security;
alter table insight.grade enable row level security;
alter table insight.grade force row level security;
