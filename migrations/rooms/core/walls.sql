-- Who may see and touch which rows of the core's own tables.
drop policy if exists tenant_wall on core.idempotency;
create policy tenant_wall on core.idempotency
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on core.idempotency, core.rate_server, core.rate_use from hansa_app;
grant select, insert on core.idempotency to hansa_app;
grant update (request_hash, outcome, body, columns, is_secret, created_at, expires_at) on core.idempotency to hansa_app;

drop policy if exists tenant_wall on core.event;
create policy tenant_wall on core.event
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on core.event, core.job, core.subscription, core.schedule, core.setting from hansa_app;
grant select, insert on core.event to hansa_app;
grant select, insert, delete on core.job to hansa_app;
grant update (key, run_at, tries, lease, leased_until, last_error, dead_at) on core.job to hansa_app;
grant select on core.subscription, core.setting to hansa_app;

-- The queue is common, so that workers find work of everybody: in a unit of no tenant. A tenant's unit sees and writes its own jobs, the
-- operator's looks after all.
drop policy if exists own_work on core.job;
create policy own_work on core.job to hansa_app
    using (of_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid or nullif(current_setting('hansa.tenant_id', true), '') is null
           or exists (select from identity.tenant t where t.is_operator))
    with check (of_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid or nullif(current_setting('hansa.tenant_id', true), '') is null
                or exists (select from identity.tenant t where t.is_operator));
