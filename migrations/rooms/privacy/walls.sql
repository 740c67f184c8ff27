-- Who may see and touch which rows of room privacy.
drop policy if exists tenant_wall on privacy.retention;
create policy tenant_wall on privacy.retention
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on privacy.erasure;
create policy tenant_wall on privacy.erasure
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on privacy.register, privacy.retention_class, privacy.retention, privacy.erasure from hansa_app;
grant usage on schema privacy to hansa_app;
grant select on privacy.register, privacy.retention_class, privacy.retention, privacy.erasure to hansa_app;
grant insert on privacy.retention, privacy.erasure to hansa_app;
grant update (days) on privacy.retention to hansa_app;
