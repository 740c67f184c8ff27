-- What room files shows to other rooms.
create or replace view files.v_file with (security_invoker = true) as
select tenant_id, file_id, media_type, size_bytes, name, shipment_id, sha256, created_at, created_by
  from files.file;
comment on view files.v_file is 'Uploaded files. Another room that keeps one holds a foreign key to files.file, which keeps it from being deleted.';

-- Whatever names bytes, in whose folder of the store they lie: what a backup has to copy.
create or replace view files.v_stored with (security_invoker = true) as
select coalesce(f.origin_tenant, f.tenant_id) as tenant_id, f.sha256
  from files.file f
 union
select l.tenant_id, l.sha256
  from files.loan l;
comment on view files.v_stored is 'Bytes that the store has to have, by the tenant in whose folder they lie; each once.';

grant select on files.v_file to hansa_app;
