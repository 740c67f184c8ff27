-- Photos and signatures travel with a proof of delivery: a row in the receiver's books, the bytes where they are (decision 0043).
alter table files.file add column origin_tenant uuid;
comment on column files.file.origin_tenant is 'Who gave it: the bytes lie in that tenant''s folder of the store, kept there by files.loan. Null: in our own.';

create table files.loan (
    tenant_id uuid not null,
    sha256 bytea not null,
    counterpart uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, sha256, counterpart),
    constraint loan_sha256_form check (octet_length(sha256) = 32)
);
comment on table files.loan is 'Bytes that another tenant was given: they stay in our folder of the store whatever becomes of our own rows.';
alter table files.loan enable row level security;
alter table files.loan force row level security;
