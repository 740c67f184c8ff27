-- Customers whole: what an account is to us and how far we trust it, how people are reached, every touch in one history, tasks,
-- and the words by which all of it is found.

-- --- accounts ---

alter table crm.account
    add column parent_id uuid,
    add column industry text,
    add column country text,
    add column phone text,
    add column website text,
    add column lifecycle text,
    add column credit_grade text,
    add column credit_limit numeric(16, 2),
    add column credit_currency text,
    add column hold text not null default 'GOOD',
    add column hold_reason text,
    add column changed_at timestamptz not null default clock_timestamp(),
    add column name_key text generated always as (lower(name)) stored,
    add constraint account_parent foreign key (tenant_id, parent_id) references crm.account (tenant_id, account_id),
    add constraint account_not_its_own_parent check (parent_id <> account_id),
    add constraint account_industry_form check (length(industry) between 1 and 80 and core.is_line(industry)),
    add constraint account_country_form check (country ~ '^[A-Z]{2}$'),
    add constraint account_phone_form check (phone ~ '^\+?[0-9][0-9 ()./-]{2,39}$'),
    add constraint account_website_form check (website ~ '^https?://[^\s<>"]{3,}$' and length(website) <= 200 and core.is_line(website)),
    add constraint account_lifecycle_known check (lifecycle in ('PROSPECT', 'NEW', 'ACTIVE', 'GROWING', 'STABLE', 'SEASONAL', 'AT_RISK', 'LAPSED',
                                                                'RETURNED')),
    add constraint account_grade_known check (credit_grade in ('A', 'B', 'C', 'D')),
    add constraint account_limit_whole check ((credit_limit is null) = (credit_currency is null) and credit_limit >= 0),
    add constraint account_currency_form check (credit_currency ~ '^[A-Z]{3}$'),
    add constraint account_hold_known check (hold in ('GOOD', 'WATCH', 'HOLD')),
    add constraint account_hold_has_reason check (hold = 'GOOD' or hold_reason is not null),
    add constraint account_hold_reason_form check (length(hold_reason) between 1 and 200 and core.is_line(hold_reason));
create index account_by_parent on crm.account (tenant_id, parent_id);
create index account_by_name on crm.account (tenant_id, name_key);
create index account_by_change on crm.account (tenant_id, changed_at);
-- Only the few that are watched or held: a filter by hold = 'GOOD' goes down the list.
create index account_by_hold on crm.account (tenant_id, hold) where hold <> 'GOOD';
comment on column crm.account.parent_id is 'The organisation above it; a tree without circles.';
comment on column crm.account.lifecycle is 'Where it stands on its way with us (domain.md: account lifecycle).';
comment on column crm.account.hold is 'GOOD: trade as usual. WATCH: trade, but look. HOLD: new orders wait (room orders asks crm.api_account_credit).';
comment on column crm.account.name_key is 'The name in small letters, for lists by the beginning of a name.';

create table crm.account_tag (
    tenant_id uuid not null,
    account_id uuid not null,
    tag text not null,
    primary key (tenant_id, tag, account_id),
    constraint account_tag_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint account_tag_form check (length(tag) between 1 and 40 and core.is_line(tag))
);
create index account_tag_by_account on crm.account_tag (tenant_id, account_id);
comment on table crm.account_tag is 'Words that a tenant puts on accounts. A table and not an array: behind the wall only equality may use an index.';

-- --- contacts ---

alter table crm.contact
    add column preferred_channel text,
    add column quiet_from time,
    add column quiet_to time,
    add column quiet_zone text,
    add column interests text[] not null default '{}',
    add column relations jsonb not null default '[]',
    add column changed_at timestamptz not null default clock_timestamp(),
    add constraint contact_preferred_known check (preferred_channel in ('PHONE', 'MAIL', 'FAX', 'EMAIL', 'SMS', 'WECHAT', 'CHAT', 'PORTAL')),
    add constraint contact_quiet_whole check ((quiet_from is null) = (quiet_to is null) and (quiet_from is null) = (quiet_zone is null)),
    add constraint contact_interests_form check (cardinality(interests) <= 20),
    add constraint contact_relations_form check (jsonb_typeof(relations) = 'array');
comment on column crm.contact.quiet_from is 'From this hour of the day to quiet_to in quiet_zone nobody should call or write; may run over midnight.';
comment on column crm.contact.relations is 'To whom and how the person is related: [{"kind", "contact_id" or "name"}].';

create table crm.contact_channel (
    tenant_id uuid not null,
    contact_id uuid not null,
    place smallint not null,
    channel text not null,
    address text not null,
    label text,
    primary key (tenant_id, contact_id, place),
    constraint contact_channel_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete cascade,
    constraint contact_channel_known check (channel in ('PHONE', 'MAIL', 'FAX', 'EMAIL', 'SMS', 'WECHAT', 'CHAT', 'PORTAL')),
    constraint contact_channel_form check (length(address) between 1 and 254 and core.is_line(address)
        and (channel not in ('PHONE', 'FAX', 'SMS') or address ~ '^\+?[0-9][0-9 ()./-]{2,39}$')
        and (channel <> 'EMAIL' or address ~ '^[^@\s<>"(),;:\\]{1,64}@[^@\s<>"(),;:\\]+$')),
    constraint contact_channel_label_form check (length(label) between 1 and 40 and core.is_line(label))
);
comment on table crm.contact_channel is 'Further ways to reach a person, in the order in which they were told. Personal data; goes with the contact.';

-- --- interactions ---

create table crm.interaction (
    tenant_id uuid not null,
    interaction_id uuid not null,
    account_id uuid not null,
    contact_id uuid,
    channel text not null,
    direction text not null,
    subject text,
    summary text not null,
    object_kind text,
    object_id uuid,
    outcome text,
    occurred_at timestamptz not null,
    zone text,
    recorded_at timestamptz not null default clock_timestamp(),
    recorded_by uuid,
    follow_up_task_id uuid,
    primary key (tenant_id, interaction_id),
    constraint interaction_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint interaction_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete set null (contact_id),
    constraint interaction_channel_known check (channel in ('PHONE', 'MAIL', 'FAX', 'EMAIL', 'SMS', 'WECHAT', 'CHAT', 'VISIT', 'PORTAL')),
    constraint interaction_direction_known check (direction in ('IN', 'OUT')),
    constraint interaction_outcome_known check (outcome in ('SUCCESS', 'PARTIAL', 'NO_SUCCESS', 'NOT_REACHED')),
    constraint interaction_visit_has_outcome check (channel <> 'VISIT' or outcome is not null),
    constraint interaction_object_whole check ((object_kind is null) = (object_id is null)),
    constraint interaction_object_known check (object_kind in ('ORDER', 'SHIPMENT', 'OPPORTUNITY', 'QUOTE', 'TASK', 'OTHER')),
    constraint interaction_subject_form check (length(subject) between 1 and 200 and core.is_line(subject)),
    constraint interaction_summary_form check (length(summary) between 1 and 4000)
);
create index interaction_by_time on crm.interaction (tenant_id, occurred_at, interaction_id);
create index interaction_by_contact on crm.interaction (tenant_id, contact_id, occurred_at, interaction_id) where contact_id is not null;
create index interaction_by_account on crm.interaction (tenant_id, account_id, occurred_at, interaction_id);
comment on table crm.interaction is 'Every touch with an account over every channel: one history for all staff. What was recorded stays as it was. Personal data.';

-- --- tasks ---

create table crm.task (
    tenant_id uuid not null,
    task_id uuid not null,
    title text not null,
    note text,
    state text not null default 'OPEN',
    assignee_id uuid,
    account_id uuid,
    contact_id uuid,
    opportunity_id uuid,
    due_at timestamptz,
    zone text,
    reminder_at timestamptz,
    reminded_at timestamptz,
    done_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, task_id),
    constraint task_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint task_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete set null (contact_id),
    constraint task_assignee foreign key (tenant_id, assignee_id) references identity.app_user (tenant_id, user_id),
    constraint task_state_known check (state in ('OPEN', 'DONE', 'CANCELLED')),
    constraint task_done_at_whole check ((state = 'DONE') = (done_at is not null)),
    constraint task_due_has_zone check (due_at is null or zone is not null),
    constraint task_title_form check (length(title) between 1 and 200 and core.is_line(title)),
    constraint task_note_form check (length(note) between 1 and 4000)
);
create index task_by_account on crm.task (tenant_id, account_id);
create index task_by_contact on crm.task (tenant_id, contact_id);
create index task_by_assignee on crm.task (tenant_id, assignee_id, task_id);
create index task_due on crm.task (tenant_id, due_at) where state = 'OPEN' and due_at is not null;
comment on table crm.task is 'What somebody has to do, by when, for whom.';
comment on column crm.task.opportunity_id is 'An opportunity of room sales; its id only.';
comment on column crm.task.reminded_at is 'When the job wrote crm.task.reminded for the present reminder_at.';
alter table crm.interaction
    add constraint interaction_follow_up foreign key (tenant_id, follow_up_task_id) references crm.task (tenant_id, task_id);
create index interaction_by_follow_up on crm.interaction (tenant_id, follow_up_task_id);

-- --- search: decision 0031 ---

create table crm.search_entry (
    tenant_id uuid not null,
    object_id uuid not null,
    kind text not null,
    account_id uuid,
    label text not null,
    told text not null,
    primary key (tenant_id, object_id),
    constraint search_entry_kind_form check (kind ~ '^[A-Z_]{2,20}$'),
    constraint search_entry_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id)
);
create index search_entry_by_account on crm.search_entry (tenant_id, account_id);
comment on table crm.search_entry is 'What search finds: one row a thing, written in the transaction of its change. Personal data.';
comment on column crm.search_entry.told is 'All that it may be found by, in small letters.';

create table crm.search_word (
    tenant_id uuid not null,
    word text not null,
    primary key (tenant_id, word)
);
comment on table crm.search_word is 'Every word that an entry has, once a tenant. Words that nothing has any more go with a person''s erasure.';

create table crm.search_variant (
    tenant_id uuid not null,
    variant text not null,
    word text not null,
    primary key (tenant_id, variant, word),
    constraint search_variant_word foreign key (tenant_id, word) references crm.search_word (tenant_id, word) on delete cascade
);
create index search_variant_by_word on crm.search_variant (tenant_id, word);
comment on table crm.search_variant is 'A word with none or one of its letters left out: two words that share a variant are a typing mistake apart.';

create table crm.search_use (
    tenant_id uuid not null,
    word text not null,
    object_id uuid not null,
    primary key (tenant_id, word, object_id),
    constraint search_use_word foreign key (tenant_id, word) references crm.search_word (tenant_id, word),
    constraint search_use_entry foreign key (tenant_id, object_id) references crm.search_entry (tenant_id, object_id) on delete cascade
);
create index search_use_by_object on crm.search_use (tenant_id, object_id);
comment on table crm.search_use is 'Which word stands in which entry.';

alter table crm.account_tag enable row level security;
alter table crm.account_tag force row level security;
alter table crm.contact_channel enable row level security;
alter table crm.contact_channel force row level security;
alter table crm.interaction enable row level security;
alter table crm.interaction force row level security;
alter table crm.task enable row level security;
alter table crm.task force row level security;
alter table crm.search_entry enable row level security;
alter table crm.search_entry force row level security;
alter table crm.search_word enable row level security;
alter table crm.search_word force row level security;
alter table crm.search_variant enable row level security;
alter table crm.search_variant force row level security;
alter table crm.search_use enable row level security;
alter table crm.search_use force row level security;
