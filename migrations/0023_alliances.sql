-- Alliances of several tenants: who belongs, and the charter that each has accepted. Common to the members, so no row names a
-- tenant's customers, prices or people; each is seen by those whom it concerns (migrations/rooms/alliances/walls.sql).

create schema alliances;
comment on schema alliances is 'Room alliances: alliances, their members, their charters and who accepted them.';

create table alliances.alliance (
    alliance_id uuid primary key,
    lead_tenant uuid not null references identity.tenant (id),
    name text not null,
    purpose text not null,
    mode text not null,
    state text not null default 'PROPOSED',
    state_reason text,
    state_at timestamptz not null default clock_timestamp(),
    valid_from date,
    valid_to date,
    charter_version integer,
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    constraint alliance_name_form check (length(name) between 1 and 120 and core.is_line(name)),
    constraint alliance_purpose_form check (length(purpose) between 1 and 2000),
    constraint alliance_mode_known check (mode in ('STANDING', 'ONE_SHIPMENT')),
    constraint alliance_state_known check (state in ('PROPOSED', 'INVITING', 'ACTIVE', 'SUSPENDED', 'WINDING_UP', 'DISSOLVED')),
    constraint alliance_reason_form check (length(state_reason) between 1 and 400 and core.is_line(state_reason)),
    constraint alliance_span check (valid_from <= valid_to),
    constraint alliance_charter_known check (charter_version is not null or state in ('PROPOSED', 'INVITING', 'DISSOLVED'))
);
create index alliance_by_lead on alliances.alliance (lead_tenant, alliance_id);
comment on table alliances.alliance is 'An alliance of tenants. charter_version is the charter in force.';
alter table alliances.alliance enable row level security;

create table alliances.member (
    alliance_id uuid not null references alliances.alliance (alliance_id),
    member_tenant uuid not null references identity.tenant (id),
    org_id uuid not null references partners.organisation (org_id),
    roles text[] not null,
    state text not null default 'INVITED',
    state_reason text,
    state_at timestamptz not null default clock_timestamp(),
    invited_at timestamptz not null default clock_timestamp(),
    joined_at timestamptz,
    primary key (alliance_id, member_tenant),
    constraint member_roles_known check (cardinality(roles) > 0 and array_position(roles, null) is null
        and roles <@ '{REQUESTING,COLLECTION,TRUNK,HUB,DELIVERY,OBSERVER}'),
    constraint member_state_known check (state in ('INVITED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED', 'LEFT', 'EXPELLED')),
    constraint member_reason_form check (length(state_reason) between 1 and 400 and core.is_line(state_reason))
);
create index member_of_tenant on alliances.member (member_tenant, alliance_id);
create unique index member_organisation_key on alliances.member (org_id, alliance_id);
comment on table alliances.member is 'Who belongs to an alliance, or did, or is invited; in which roles.';
alter table alliances.member enable row level security;

create table alliances.charter (
    alliance_id uuid not null references alliances.alliance (alliance_id),
    version integer not null,
    charter_id uuid not null,
    state text not null default 'PROPOSED',
    body jsonb not null,
    sha256 bytea not null,
    proposed_at timestamptz not null default clock_timestamp(),
    in_force_at timestamptz,
    ended_at timestamptz,
    primary key (alliance_id, version),
    constraint charter_version_form check (version > 0),
    constraint charter_state_known check (state in ('PROPOSED', 'IN_FORCE', 'SUPERSEDED', 'WITHDRAWN')),
    constraint charter_sealed check (sha256 = sha256(convert_to(body::text, 'UTF8')))
);
create unique index charter_key on alliances.charter (alliance_id, charter_id);
create unique index charter_in_force on alliances.charter (alliance_id) where state = 'IN_FORCE';
create unique index charter_open on alliances.charter (alliance_id) where state = 'PROPOSED';
comment on table alliances.charter is 'Versions of the charter. A text never changes; at most one is in force and at most one waits to be accepted.';
comment on column alliances.charter.body is 'The whole text that is hashed: alliance, version, text, roles, share rules, split.';
comment on column alliances.charter.sha256 is 'Of the text of body as jsonb writes it, in UTF-8 (decision 0034); the row holds no other.';
alter table alliances.charter enable row level security;

alter table alliances.alliance
    add constraint alliance_charter foreign key (alliance_id, charter_version) references alliances.charter (alliance_id, version);

create table alliances.acceptance (
    alliance_id uuid not null,
    version integer not null,
    member_tenant uuid not null references identity.tenant (id),
    sha256 bytea not null,
    accepted_at timestamptz not null default clock_timestamp(),
    actor_kind text,
    actor_id uuid,
    primary key (alliance_id, version, member_tenant),
    constraint acceptance_charter foreign key (alliance_id, version) references alliances.charter (alliance_id, version)
);
create index acceptance_of_tenant on alliances.acceptance (member_tenant, alliance_id, version);
comment on table alliances.acceptance is 'Which member accepted which charter, when, under which hash. Never changed.';
comment on column alliances.acceptance.actor_id is 'The person or key that spoke for the member; shown to that member only.';
alter table alliances.acceptance enable row level security;
create index alliance_by_charter on alliances.alliance (alliance_id, charter_version);
