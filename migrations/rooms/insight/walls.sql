-- Who may see and touch which rows of room insight.
drop policy if exists tenant_wall on insight.snapshot;
create policy tenant_wall on insight.snapshot
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on insight.grade;
create policy tenant_wall on insight.grade
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on insight.snapshot, insight.grade from hansa_app;
grant usage on schema insight to hansa_app;
grant select, insert on insight.snapshot, insight.grade to hansa_app;
