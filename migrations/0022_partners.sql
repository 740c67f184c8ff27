-- Whom one works with: the common directory of organisations, and each tenant's own relation to some of them.

create schema partners;
comment on schema partners is 'Room partners: the common directory of organisations; a tenant''s own relations to those that work for it.';

-- Stands here and not among the replaceable functions, because a check constraint rests on it.
create function partners.is_gln(value text) returns boolean
    language sql immutable parallel safe
    return case when value is null then null
                when value ~ '^[0-9]{13}$' then (select sum(substr(value, i, 1)::integer * case when i % 2 = 0 then 3 else 1 end) % 10 = 0
                                                   from generate_series(1, 13) i)
                else false end;
comment on function partners.is_gln(text) is 'A GS1 location number: 13 digits of which the last is the check digit, modulo 10 with weights 1 and 3.';

-- Common to all tenants, so it holds what a firm says of itself in public, and none of its relations.
create table partners.organisation (
    org_id uuid primary key,
    legal_name text not null,
    country text,
    registration_no text,
    gln text,
    scac text,
    iata_no text,
    fmc_no text,
    of_tenant uuid references identity.tenant (id),
    entered_by_tenant uuid references identity.tenant (id),
    is_listed boolean not null,
    checked_at timestamptz,
    same_as uuid references partners.organisation (org_id),
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz,
    constraint organisation_name_form check (length(legal_name) between 1 and 200 and core.is_line(legal_name)),
    constraint organisation_country_form check (country ~ '^[A-Z]{2}$'),
    constraint organisation_registration_form check (length(registration_no) between 1 and 40 and core.is_line(registration_no)),
    constraint organisation_gln_form check (partners.is_gln(gln)),
    constraint organisation_scac_form check (scac ~ '^[A-Z]{2,4}$'),
    constraint organisation_iata_form check (iata_no ~ '^[0-9]{7,11}$'),
    constraint organisation_fmc_form check (fmc_no ~ '^[0-9]{4,6}[A-Z]{0,3}$'),
    constraint organisation_country_known check (country is not null or (of_tenant is not null and registration_no is null)),
    constraint organisation_hidden_is_nameless check (is_listed or coalesce(registration_no, gln, scac, iata_no, fmc_no) is null),
    constraint organisation_merged_is_nameless check (same_as is null or (of_tenant is null and coalesce(registration_no, gln, scac, iata_no, fmc_no) is null)),
    constraint organisation_known_origin check ((of_tenant is null) <> (entered_by_tenant is null))
);
create unique index organisation_of_tenant on partners.organisation (of_tenant) where of_tenant is not null;
create unique index organisation_scac_key on partners.organisation (scac) where scac is not null;
create unique index organisation_gln_key on partners.organisation (gln) where gln is not null;
create unique index organisation_iata_key on partners.organisation (iata_no) where iata_no is not null;
create unique index organisation_fmc_key on partners.organisation (fmc_no) where fmc_no is not null;
create unique index organisation_registration_key on partners.organisation (upper(registration_no), country) where registration_no is not null;
create index organisation_by_name on partners.organisation (lower(legal_name) collate "C", org_id) where is_listed;
create index organisation_merged on partners.organisation (same_as) where same_as is not null;
create index organisation_entered on partners.organisation (entered_by_tenant, created_at) where entered_by_tenant is not null;
comment on table partners.organisation is 'Organisations as everybody may know them. Common to all tenants; who works with whom stands in no row here.';
comment on column partners.organisation.of_tenant is 'The tenant that the organisation is; null when it does not use this installation.';
comment on column partners.organisation.entered_by_tenant is 'Who entered an organisation that is no tenant. Not shown to others.';
comment on column partners.organisation.is_listed is 'May it be found? An entry that is not carries no identifiers, so that a refused duplicate tells of public entries only.';
comment on column partners.organisation.checked_at is 'When the operator looked its identifiers up; from then on the operator alone changes them.';
comment on column partners.organisation.same_as is 'The operator found that this is another entry; relations to it count as relations to that one.';
alter table partners.organisation enable row level security;

create table partners.partner (
    tenant_id uuid not null,
    partner_id uuid not null,
    org_id uuid not null,
    state text not null default 'CANDIDATE',
    state_reason text,
    state_at timestamptz not null default clock_timestamp(),
    network_role text not null,
    modes text[] not null default '{}',
    equipment text[] not null default '{}',
    services text[] not null default '{}',
    lanes jsonb not null default '[]',
    credentials jsonb not null default '[]',
    notes text,
    score smallint,
    version integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint partner_organisation foreign key (org_id) references partners.organisation (org_id),
    constraint partner_account foreign key (tenant_id, partner_id) references crm.account (tenant_id, account_id),
    constraint partner_state_known check (state in ('CANDIDATE', 'QUALIFIED', 'ACTIVE', 'SUSPENDED', 'ENDED')),
    constraint partner_reason_form check (length(state_reason) between 1 and 400 and core.is_line(state_reason)),
    constraint partner_network_role_known check (network_role in ('UPSTREAM', 'PEER', 'DOWNSTREAM', 'OWN')),
    constraint partner_modes_known check (modes <@ '{SEA,RAIL,ROAD,AIR,MAIL,MULTIMODAL,INLAND_WATER}'),
    constraint partner_lists_whole check (array_position(modes || equipment || services, null) is null),
    constraint partner_lanes_form check (jsonb_typeof(lanes) = 'array'),
    constraint partner_credentials_form check (jsonb_typeof(credentials) = 'array'),
    constraint partner_notes_form check (length(notes) between 1 and 4000),
    constraint partner_score_known check (score between 1 and 5)
);
create unique index partner_organisation_key on partners.partner (tenant_id, org_id);
create index partner_by_state on partners.partner (tenant_id, state, partner_id);
alter table partners.partner add primary key (tenant_id, partner_id);  -- last: see 0004_orders.sql
comment on table partners.partner is 'A tenant''s own relation to an organisation that works for it; no other tenant sees it, not even the organisation''s own.';
comment on column partners.partner.partner_id is 'The account of kind PARTNER or SUPPLIER through which the tenant deals with it; the id that grants of reach PARTNER name.';
comment on column partners.partner.lanes is '[{from: {country, unlocode?, postcode?}, to: {…}, modes?, equipment?}]; postcode is a beginning of postcodes.';
comment on column partners.partner.credentials is '[{kind, name, number?, valid_from?, valid_to?, amount?, currency?}]: insurances, licences, certificates.';
comment on column partners.partner.score is 'Of the newest rating.';
alter table partners.partner enable row level security;
alter table partners.partner force row level security;

create table partners.rating (
    tenant_id uuid not null,
    rating_id uuid not null,
    partner_id uuid not null,
    score smallint not null,
    reasons jsonb not null,
    rated_at timestamptz not null default clock_timestamp(),
    rated_by uuid,
    primary key (tenant_id, rating_id),
    constraint rating_partner foreign key (tenant_id, partner_id) references partners.partner (tenant_id, partner_id),
    constraint rating_score_known check (score between 1 and 5),
    constraint rating_reasons_form check (jsonb_typeof(reasons) = 'array' and jsonb_array_length(reasons) > 0)
);
create index rating_by_partner on partners.rating (tenant_id, partner_id, rating_id);
comment on table partners.rating is 'What was thought of a partner, when, by whom and why; a new judgement is a new row.';
alter table partners.rating enable row level security;
alter table partners.rating force row level security;
