-- What room files shows to other rooms.
create or replace view files.v_file with (security_invoker = true) as
select tenant_id, file_id, media_type, size_bytes, name, shipment_id, sha256, created_at, created_by
  from files.file;
comment on view files.v_file is 'Uploaded files. Another room that keeps one holds a foreign key to files.file, which keeps it from being deleted.';

grant select on files.v_file to hansa_app;
