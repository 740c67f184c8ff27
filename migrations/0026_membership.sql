-- Membership: programs with tiers, accounts that are members, points as lots with an expiry, rewards and what was taken of them.
-- Why it is made like this: docs/decisions/0036-membership-and-insight.md.

create schema membership;
comment on schema membership is 'Room membership: programs, members, points, rewards, redemptions.';

-- Keys come last in each table, so that without statistics they win over the indexes that begin like them.
create table membership.program (
    tenant_id uuid not null references identity.tenant (id),
    program_id uuid not null,
    name text not null,
    points_name text not null,
    earn_basis text not null,
    earn_currency text,
    rate numeric(18, 6) not null,
    life_months smallint not null,
    pending_days smallint not null default 0,
    window_months smallint not null default 12,
    downgrade text not null default 'ONE',
    tiers jsonb not null default '[]',
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, program_id),
    constraint program_text_form check (length(name) between 1 and 120 and length(points_name) between 1 and 40 and core.is_line(name || points_name)),
    constraint program_basis_known check (earn_basis in ('SPEND', 'WEIGHT', 'SHIPMENTS')),
    constraint program_currency_form check ((earn_basis = 'SPEND') = (earn_currency is not null) and earn_currency ~ '^[A-Z]{3}$'),
    constraint program_numbers check (rate > 0 and life_months between 1 and 120 and pending_days between 0 and 365 and window_months between 1 and 36),
    constraint program_downgrade_known check (downgrade in ('ONE', 'TO_BALANCE')),
    constraint program_tiers_form check (jsonb_typeof(tiers) = 'array')
);
comment on table membership.program is 'A membership program as it stands now.';
comment on column membership.program.rate is 'Points for one unit of money, one kilogram or one shipment; what is earned is rounded down to whole points.';
comment on column membership.program.pending_days is 'How long points that were earned wait before they may be spent.';
comment on column membership.program.window_months is 'How many months of business count towards a tier.';
comment on column membership.program.tiers is 'Lowest first: code, name, qualify, keep (in the unit of the earn basis, over the window), benefits.';

create table membership.program_version (
    tenant_id uuid not null,
    program_id uuid not null,
    version integer not null,
    terms jsonb not null,
    made_at timestamptz not null default clock_timestamp(),
    made_by uuid,
    primary key (tenant_id, program_id, version),
    constraint program_version_program foreign key (tenant_id, program_id) references membership.program (tenant_id, program_id),
    constraint program_version_terms_form check (jsonb_typeof(terms) = 'object')
);
comment on table membership.program_version is 'The terms of a program, each version as it was. Never changed.';

create table membership.member (
    tenant_id uuid not null,
    member_id uuid not null,
    program_id uuid not null,
    account_id uuid not null,
    status text not null default 'PROSPECT',
    tier text,
    tier_reason text,
    tier_since timestamptz,
    owed bigint not null default 0,
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint member_program foreign key (tenant_id, program_id) references membership.program (tenant_id, program_id),
    constraint member_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint member_once unique (tenant_id, account_id, program_id),
    constraint member_status_known check (status in ('PROSPECT', 'ENROLLED', 'ACTIVE', 'GRACE', 'LAPSED')),
    constraint member_tier_reason_known check (tier_reason in ('QUALIFIED', 'RETAINED', 'DOWNGRADED_ONE', 'DOWNGRADED_TO_BALANCE', 'MANUAL_VIP')),
    constraint member_owed_form check (owed >= 0)
);
create index member_by_program on membership.member (tenant_id, program_id, member_id);
alter table membership.member add primary key (tenant_id, member_id);
comment on table membership.member is 'An account in a program. Its row is the lock under which its points move.';
comment on column membership.member.tier is 'Code of one of the program''s tiers; null before the first.';
comment on column membership.member.owed is 'Points that were taken back after they had been spent, and that no other lot could pay yet. The next points pay them.';

create table membership.member_contact (
    tenant_id uuid not null,
    member_id uuid not null,
    contact_id uuid not null,
    added_at timestamptz not null default clock_timestamp(),
    removed_at timestamptz,
    constraint member_contact_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint member_contact_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete cascade
);
create index member_contact_by_contact on membership.member_contact (tenant_id, contact_id);
alter table membership.member_contact add primary key (tenant_id, member_id, contact_id);
comment on table membership.member_contact is 'People of the account who speak for a membership. Goes with the contact.';

create table membership.tier_change (
    tenant_id uuid not null,
    tier_change_id uuid not null,
    member_id uuid not null,
    from_tier text,
    to_tier text,
    reason text not null,
    state text not null default 'PROPOSED',
    note text,
    facts jsonb,
    snapshot_id uuid,
    proposed_at timestamptz not null default clock_timestamp(),
    proposed_by uuid,
    decided_at timestamptz,
    decided_by uuid,
    decision_note text,
    constraint tier_change_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint tier_change_reason_known check (reason in ('QUALIFIED', 'RETAINED', 'DOWNGRADED_ONE', 'DOWNGRADED_TO_BALANCE', 'MANUAL_VIP')),
    constraint tier_change_state_known check (state in ('PROPOSED', 'CONFIRMED', 'REJECTED', 'SUPERSEDED')),
    constraint tier_change_decided check ((state = 'PROPOSED') = (decided_at is null)),
    constraint tier_change_text_form check (length(note) between 1 and 500 and length(decision_note) between 1 and 500
        and core.is_line(coalesce(note, '') || coalesce(decision_note, ''))),
    constraint tier_change_facts_form check (jsonb_typeof(facts) = 'object')
);
create unique index tier_change_open on membership.tier_change (tenant_id, member_id) where state = 'PROPOSED';
create index tier_change_by_member on membership.tier_change (tenant_id, member_id);
create index tier_change_by_state on membership.tier_change (tenant_id, state, tier_change_id);
alter table membership.tier_change add primary key (tenant_id, tier_change_id);
comment on table membership.tier_change is 'Tiers proposed and what staff said to it. Of a member at most one waits.';
comment on column membership.tier_change.facts is 'The numbers behind a proposal: what was measured, over which days, against which thresholds.';

create table membership.member_step (
    tenant_id uuid not null,
    step_id uuid not null,
    member_id uuid not null,
    old_status text,
    new_status text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp(),
    by_actor uuid,
    constraint member_step_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint member_step_reason_form check (length(reason) between 1 and 500 and core.is_line(reason))
);
create index member_step_by_member on membership.member_step (tenant_id, member_id, step_id);
alter table membership.member_step add primary key (tenant_id, step_id);
comment on table membership.member_step is 'How a membership came from state to state, with the reason. Append-only.';

alter table membership.program enable row level security;
alter table membership.program force row level security;
alter table membership.program_version enable row level security;
alter table membership.program_version force row level security;
alter table membership.member enable row level security;
alter table membership.member force row level security;
alter table membership.member_contact enable row level security;
alter table membership.member_contact force row level security;
alter table membership.tier_change enable row level security;
alter table membership.tier_change force row level security;
alter table membership.member_step enable row level security;
alter table membership.member_step force row level security;

-- --- rewards ---

create table membership.reward (
    tenant_id uuid not null,
    reward_id uuid not null,
    program_id uuid not null,
    name text not null,
    description text,
    points bigint not null,
    stock integer,
    valid_from timestamptz not null,
    valid_to timestamptz,
    tiers text[] not null default '{}',
    merchant_account_id uuid,
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint reward_program foreign key (tenant_id, program_id) references membership.program (tenant_id, program_id),
    constraint reward_merchant foreign key (tenant_id, merchant_account_id) references crm.account (tenant_id, account_id),
    constraint reward_text_form check (length(name) between 1 and 120 and length(description) between 1 and 500
        and core.is_line(name || coalesce(description, ''))),
    constraint reward_numbers check (points between 1 and 1000000000 and stock >= 0),
    constraint reward_span check (valid_from <= valid_to)
);
create index reward_by_merchant on membership.reward (tenant_id, merchant_account_id) where merchant_account_id is not null;
create index reward_by_program on membership.reward (tenant_id, program_id, reward_id);
alter table membership.reward add primary key (tenant_id, reward_id);
comment on table membership.reward is 'What points buy.';
comment on column membership.reward.stock is 'How many are left to be reserved; null for as many as anybody wants.';
comment on column membership.reward.tiers is 'Codes of the tiers that may have it; empty for everybody.';
comment on column membership.reward.merchant_account_id is 'The partner who hands it over, if it is not the firm itself.';

create table membership.redemption (
    tenant_id uuid not null,
    redemption_id uuid not null,
    member_id uuid not null,
    reward_id uuid not null,
    quantity integer not null,
    points bigint not null,
    status text not null default 'RESERVED',
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    ended_at timestamptz,
    ended_by uuid,
    end_note text,
    constraint redemption_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint redemption_reward foreign key (tenant_id, reward_id) references membership.reward (tenant_id, reward_id),
    constraint redemption_numbers check (quantity between 1 and 1000 and points > 0),
    constraint redemption_status_known check (status in ('RESERVED', 'FULFILLED', 'CANCELLED')),
    constraint redemption_ended check ((status = 'RESERVED') = (ended_at is null)),
    constraint redemption_note_form check (length(end_note) between 1 and 500 and core.is_line(end_note))
);
create index redemption_by_reward on membership.redemption (tenant_id, reward_id);
create index redemption_by_member on membership.redemption (tenant_id, member_id);
alter table membership.redemption add primary key (tenant_id, redemption_id);
comment on table membership.redemption is 'A reward that a member takes: reserved with its points, then handed over or given back.';

alter table membership.reward enable row level security;
alter table membership.reward force row level security;
alter table membership.redemption enable row level security;
alter table membership.redemption force row level security;

-- --- points ---

create table membership.points_transaction (
    tenant_id uuid not null,
    transaction_id uuid not null,
    member_id uuid not null,
    kind text not null,
    points bigint not null,
    owed bigint not null default 0,
    reason text not null,
    program_version integer,
    order_id uuid,
    redemption_id uuid,
    reverses_id uuid,
    at timestamptz not null,
    by_actor uuid,
    constraint points_transaction_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint points_transaction_redemption foreign key (tenant_id, redemption_id) references membership.redemption (tenant_id, redemption_id),
    constraint points_transaction_kind_known check (kind in ('EARN', 'MATURE', 'RESERVE', 'RELEASE', 'REDEEM', 'EXPIRE', 'REVERSE', 'SETTLE')),
    constraint points_transaction_numbers check (points >= 0),
    constraint points_transaction_reason_form check (length(reason) between 1 and 500 and core.is_line(reason))
);
create index points_transaction_by_redemption on membership.points_transaction (tenant_id, redemption_id) where redemption_id is not null;
create unique index points_transaction_order on membership.points_transaction (tenant_id, member_id, order_id) where order_id is not null;
create unique index points_transaction_reverses on membership.points_transaction (tenant_id, reverses_id) where reverses_id is not null;
create index points_transaction_by_member on membership.points_transaction (tenant_id, member_id, transaction_id);
alter table membership.points_transaction add primary key (tenant_id, transaction_id);
alter table membership.points_transaction add constraint points_transaction_reversed
    foreign key (tenant_id, reverses_id) references membership.points_transaction (tenant_id, transaction_id);
comment on table membership.points_transaction is 'Why points moved. Append-only; the lots that it moved are its postings.';
comment on column membership.points_transaction.owed is 'By how much it changed what the member owes; below zero when it paid.';
comment on column membership.points_transaction.order_id is 'The delivered order that was the reason; an order earns once for a member.';

create table membership.lot (
    tenant_id uuid not null,
    lot_id uuid not null,
    member_id uuid not null,
    transaction_id uuid not null,
    points bigint not null,
    pending bigint not null default 0,
    available bigint not null default 0,
    reserved bigint not null default 0,
    redeemed bigint not null default 0,
    expired bigint not null default 0,
    reversed bigint not null default 0,
    earned_at timestamptz not null,
    available_at timestamptz not null,
    expires_at timestamptz not null,
    constraint lot_member foreign key (tenant_id, member_id) references membership.member (tenant_id, member_id),
    constraint lot_transaction foreign key (tenant_id, transaction_id) references membership.points_transaction (tenant_id, transaction_id),
    constraint lot_whole check (points = pending + available + reserved + redeemed + expired + reversed and points > 0),
    constraint lot_never_below check (least(pending, available, reserved, redeemed, expired, reversed) >= 0),
    constraint lot_span check (earned_at <= available_at and available_at < expires_at)
);
create index lot_expiring on membership.lot (tenant_id, expires_at) where available > 0;
create index lot_maturing on membership.lot (tenant_id, available_at) where pending > 0;
create index lot_open on membership.lot (tenant_id, member_id, expires_at, lot_id) where pending + available + reserved > 0;
create index lot_by_member on membership.lot (tenant_id, member_id, lot_id);
create index lot_by_transaction on membership.lot (tenant_id, transaction_id);
alter table membership.lot add primary key (tenant_id, lot_id);
comment on table membership.lot is 'Points that were earned together and expire together. Each point of a lot is in exactly one state; a balance is the sum of the lots.';

create table membership.posting (
    tenant_id uuid not null,
    transaction_id uuid not null,
    lot_id uuid not null,
    from_state text not null,
    to_state text not null,
    points bigint not null,
    constraint posting_lot foreign key (tenant_id, lot_id) references membership.lot (tenant_id, lot_id),
    constraint posting_transaction foreign key (tenant_id, transaction_id) references membership.points_transaction (tenant_id, transaction_id),
    constraint posting_states_known check (from_state in ('EARNED', 'PENDING', 'AVAILABLE', 'RESERVED')
        and to_state in ('PENDING', 'AVAILABLE', 'RESERVED', 'REDEEMED', 'EXPIRED', 'REVERSED')),
    constraint posting_points_form check (points > 0)
);
create index posting_by_lot on membership.posting (tenant_id, lot_id);
alter table membership.posting add primary key (tenant_id, transaction_id, lot_id, from_state);
comment on table membership.posting is 'How many points of which lot a transaction moved from state to state. Append-only.';

alter table membership.points_transaction enable row level security;
alter table membership.points_transaction force row level security;
alter table membership.lot enable row level security;
alter table membership.lot force row level security;
alter table membership.posting enable row level security;
alter table membership.posting force row level security;
