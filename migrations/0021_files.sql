-- Files: what was photographed, scanned or signed. The bytes lie in the store (server/files/store.h), the books here.

create schema files;
comment on schema files is 'Room files: photos, scans and documents that were uploaded; their bytes are in the store, not in the database.';

create table files.file (
    tenant_id uuid not null,
    file_id uuid not null,
    sha256 bytea not null,
    media_type text not null,
    size_bytes bigint not null,
    name text not null,
    shipment_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid,
    constraint file_shipment foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id),
    constraint file_sha256_form check (octet_length(sha256) = 32),
    constraint file_media_type_known check (media_type in ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')),
    constraint file_size_form check (size_bytes between 1 and 10485760),
    constraint file_name_form check (length(name) between 1 and 120 and core.is_line(name))
);
-- Partial: without statistics a search by tenant and file would otherwise rate it as high as the primary key.
create index file_by_shipment on files.file (tenant_id, shipment_id, file_id) where shipment_id is not null;
create index file_by_creator on files.file (tenant_id, created_by, file_id) where created_by is not null;
create index file_by_sha256 on files.file (tenant_id, sha256);
alter table files.file add primary key (tenant_id, file_id);  -- last: see 0004_orders.sql
comment on table files.file is 'An uploaded file. Written after its bytes are on disk, so a row without bytes cannot be; bytes without a row are swept away.';
comment on column files.file.sha256 is 'Of the bytes; with the tenant the address in the store. Equal uploads of a tenant share their bytes.';
comment on column files.file.shipment_id is 'Whose papers it belongs to; who reaches the shipment reaches the file. Null: the whole tenant and who uploaded it.';

-- One row a tenant, counted in the transaction of the file, so that the limit holds however many upload in the same instant.
create table files.holding (
    tenant_id uuid not null,
    files bigint not null default 0,
    bytes bigint not null default 0,
    primary key (tenant_id),
    constraint holding_form check (files >= 0 and bytes >= 0)
);
comment on table files.holding is 'How many files and bytes a tenant keeps; held against identity.tenant.storage_bytes.';

alter table files.file enable row level security;
alter table files.file force row level security;
alter table files.holding enable row level security;
alter table files.holding force row level security;
