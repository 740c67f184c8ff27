-- Room sales: from the first chance of business to the order.

create schema sales;
comment on schema sales is 'Room sales: opportunities and quotes of a tenant.';

create table sales.opportunity (
    tenant_id uuid not null,
    opportunity_id uuid not null,
    account_id uuid not null,
    contact_id uuid,
    owner_id uuid,
    name text not null,
    stage text not null default 'NEW',
    lost_reason text,
    value numeric(16, 2),
    currency text,
    probability smallint,
    close_date date,
    fit smallint,
    capability smallint,
    resources smallint,
    influence smallint,
    outsourcing_motive text,
    first_benefit text,
    order_id uuid,
    stage_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, opportunity_id),
    constraint opportunity_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint opportunity_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete set null (contact_id),
    constraint opportunity_owner foreign key (tenant_id, owner_id) references identity.app_user (tenant_id, user_id),
    constraint opportunity_stage_known check (stage in ('NEW', 'QUALIFIED', 'SOLUTION', 'QUOTED', 'NEGOTIATION', 'WON', 'LOST')),
    constraint opportunity_lost_has_reason check ((stage = 'LOST') = (lost_reason is not null)),
    constraint opportunity_lost_reason_form check (length(lost_reason) between 1 and 200 and core.is_line(lost_reason)),
    constraint opportunity_value_whole check ((value is null) = (currency is null) and value >= 0),
    constraint opportunity_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint opportunity_probability_form check (probability between 0 and 100),
    constraint opportunity_scores_form check (fit between 1 and 5 and capability between 1 and 5 and resources between 1 and 5 and influence between 1 and 5),
    constraint opportunity_motive_known check (outsourcing_motive in ('COST', 'SERVICE', 'FOCUS', 'FLEXIBILITY', 'CAPACITY', 'EXPERTISE', 'CAPITAL', 'OTHER')),
    constraint opportunity_benefit_form check (length(first_benefit) between 1 and 200 and core.is_line(first_benefit)),
    constraint opportunity_name_form check (length(name) between 1 and 200 and core.is_line(name))
);
create index opportunity_by_account on sales.opportunity (tenant_id, account_id);
create index opportunity_by_contact on sales.opportunity (tenant_id, contact_id);
create index opportunity_by_owner on sales.opportunity (tenant_id, owner_id);
create index opportunity_open on sales.opportunity (tenant_id, stage, opportunity_id) where stage not in ('WON', 'LOST');
comment on table sales.opportunity is 'A chance of business with an account: how far it is, what it is worth, how good it is.';
comment on column sales.opportunity.fit is 'Assessment from 1 to 5, with capability, resources and influence (mission S8).';
comment on column sales.opportunity.outsourcing_motive is 'Why they give the work away (mission S9); first_benefit is what they want first of it.';
comment on column sales.opportunity.order_id is 'The order by which it was won; an id of room orders.';

alter table crm.task
    add constraint task_opportunity foreign key (tenant_id, opportunity_id) references sales.opportunity (tenant_id, opportunity_id);
create index task_by_opportunity on crm.task (tenant_id, opportunity_id);

create table sales.quote (
    tenant_id uuid not null,
    quote_id uuid not null,
    quote_number text not null,
    account_id uuid not null,
    contact_id uuid,
    opportunity_id uuid,
    title text not null,
    terms text,
    currency text not null,
    need jsonb not null default '{}',
    status text not null default 'DRAFT',
    valid_until timestamptz not null,
    zone text not null,
    secret_hash bytea,
    hint text,
    chosen_option smallint,
    decided_at timestamptz,
    decided_by uuid,
    decided_name text,
    reject_reason text,
    sent_at timestamptz,
    viewed_at timestamptz,
    order_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    version integer not null default 1,
    primary key (tenant_id, quote_id),
    constraint quote_number_key unique (tenant_id, quote_number),
    constraint quote_secret_key unique (tenant_id, secret_hash),
    constraint quote_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    constraint quote_contact foreign key (tenant_id, contact_id) references crm.contact (tenant_id, contact_id) on delete set null (contact_id),
    constraint quote_opportunity foreign key (tenant_id, opportunity_id) references sales.opportunity (tenant_id, opportunity_id),
    constraint quote_status_known check (status in ('DRAFT', 'SENT', 'VIEWED', 'ACCEPTED', 'REJECTED', 'EXPIRED', 'CONVERTED')),
    constraint quote_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint quote_need_form check (jsonb_typeof(need) = 'object'),
    constraint quote_hash_form check (octet_length(secret_hash) = 32),
    constraint quote_sent_whole check (status = 'DRAFT' or sent_at is not null),
    constraint quote_chosen_whole check (status not in ('ACCEPTED', 'CONVERTED') or chosen_option is not null),
    constraint quote_order_whole check ((status = 'CONVERTED') = (order_id is not null)),
    constraint quote_title_form check (length(title) between 1 and 200 and core.is_line(title)),
    constraint quote_terms_form check (length(terms) between 1 and 4000),
    constraint quote_decided_name_form check (length(decided_name) between 1 and 120 and core.is_line(decided_name)),
    constraint quote_reject_reason_form check (length(reject_reason) between 1 and 200 and core.is_line(reject_reason))
);
create index quote_by_account on sales.quote (tenant_id, account_id);
create index quote_by_contact on sales.quote (tenant_id, contact_id);
create index quote_by_opportunity on sales.quote (tenant_id, opportunity_id);
comment on table sales.quote is 'An offer with options, sent as a link, accepted by the customer, turned into an order. Only the SHA-256 of the link''s secret is kept.';
comment on column sales.quote.need is 'What is to be moved, in the words of an order (orders/order_create.json): nobody types it again.';
comment on column sales.quote.decided_name is 'Who said yes or no over the link, in their own words. Personal data.';
comment on column sales.quote.order_id is 'The order that it became; an id of room orders.';

create table sales.quote_option (
    tenant_id uuid not null,
    quote_id uuid not null,
    option_no smallint not null,
    name text not null,
    route text not null,
    mode text,
    transit_days smallint not null,
    cost numeric(16, 2),
    price numeric(16, 2) not null,
    co2_kg numeric(12, 3),
    primary key (tenant_id, quote_id, option_no),
    constraint quote_option_quote foreign key (tenant_id, quote_id) references sales.quote (tenant_id, quote_id),
    constraint quote_option_no_form check (option_no between 1 and 10),
    constraint quote_option_mode_known check (mode in ('SEA', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'INLAND_WATER')),
    constraint quote_option_amounts check (transit_days between 0 and 365 and cost >= 0 and price >= 0 and co2_kg >= 0),
    constraint quote_option_name_form check (length(name) between 1 and 80 and core.is_line(name)),
    constraint quote_option_route_form check (length(route) between 1 and 300 and core.is_line(route))
);
comment on table sales.quote_option is 'Ways to do it, compared on route, days, cost, CO2 and price. Cost is ours alone.';

alter table sales.opportunity enable row level security;
alter table sales.opportunity force row level security;
alter table sales.quote enable row level security;
alter table sales.quote force row level security;
alter table sales.quote_option enable row level security;
alter table sales.quote_option force row level security;
