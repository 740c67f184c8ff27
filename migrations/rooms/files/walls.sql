-- Who may see and touch which rows of room files.
drop policy if exists tenant_wall on files.file;
create policy tenant_wall on files.file
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on files.holding;
create policy tenant_wall on files.holding
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on files.loan;
create policy tenant_wall on files.loan
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on files.file, files.holding, files.loan from hansa_app;
grant select, insert on files.loan to hansa_app;
grant usage on schema files to hansa_app;
grant select, insert, delete on files.file to hansa_app;
grant update (kind, visibility, version) on files.file to hansa_app;
grant select, insert on files.holding to hansa_app;
grant update (files, bytes) on files.holding to hansa_app;
