-- What the operator changes of a tenant is held against its version, as every change of a noun is.
alter table identity.tenant add column version integer not null default 1;
comment on column identity.tenant.version is 'Counts changes by the operator, for If-Match.';

-- What a tenant keeps, as a job of its own counted it last, so that one question can be answered for all. Common, as usage_hour is: the
-- application role reaches it through functions only.
create table operator.kept (
    of_tenant uuid primary key references identity.tenant (id),
    rows_kept bigint not null,
    bytes_kept bigint not null,
    counted_at timestamptz not null,
    constraint kept_counts check (least(rows_kept, bytes_kept) >= 0),
    constraint kept_not_sandbox check (not identity.api_is_sandbox(of_tenant))
);
comment on table operator.kept is 'Rows that a tenant keeps and their bytes, without indexes, as they were counted last.';
