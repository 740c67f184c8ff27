-- Which secret_file this database was sealed under (docs/decisions/0051). A server that was started with another one would open no
-- second factor and no link, and seal what the others cannot open.
create table core.secret_mark (
    is_only boolean not null default true primary key,
    mark bytea not null,
    set_at timestamptz not null default now(),
    constraint secret_mark_one check (is_only),
    constraint secret_mark_length check (octet_length(mark) = 32)
);
comment on table core.secret_mark is 'One row: the mark of the installation''s secret_file. For core.secret_take alone.';
comment on column core.secret_mark.is_only is 'True; that there is one row.';
comment on column core.secret_mark.mark is 'A key derived from the secret for this purpose alone: tells two secrets apart and leads back to none.';
comment on column core.secret_mark.set_at is 'When this secret began to count: at the first start, or when previous_secret_file named the one before.';
