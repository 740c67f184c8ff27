-- Who may see and touch which rows of room sandbox.
drop policy if exists tenant_wall on sandbox.outgoing;
create policy tenant_wall on sandbox.outgoing
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on sandbox.emptying;
create policy tenant_wall on sandbox.emptying
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on sandbox.outgoing, sandbox.emptying from hansa_app;
grant usage on schema sandbox to hansa_app;
grant select, insert on sandbox.outgoing, sandbox.emptying to hansa_app;
grant update (status, requested_at, started_at, ended_at, rows_deleted) on sandbox.emptying to hansa_app;
