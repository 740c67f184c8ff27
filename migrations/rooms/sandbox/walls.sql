-- Who may see and touch which rows of room sandbox.
drop policy if exists tenant_wall on sandbox.outgoing;
create policy tenant_wall on sandbox.outgoing
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on sandbox.emptying;
create policy tenant_wall on sandbox.emptying
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

-- When it has been emptied, a sandbox asks for its firm's settings: that one kind of work of the firm it may queue.
drop policy if exists sandbox_settle on core.job;
create policy sandbox_settle on core.job to hansa_app
    using (kind = 'sandbox.settle' and nullif(current_setting('hansa.tenant_id', true), '')::uuid = identity.api_sandbox_id(of_tenant))
    with check (kind = 'sandbox.settle' and nullif(current_setting('hansa.tenant_id', true), '')::uuid = identity.api_sandbox_id(of_tenant));

revoke all on sandbox.outgoing, sandbox.emptying from hansa_app;
grant usage on schema sandbox to hansa_app;
grant select, insert on sandbox.outgoing, sandbox.emptying to hansa_app;
grant update (status, requested_at, started_at, ended_at, rows_deleted) on sandbox.emptying to hansa_app;
