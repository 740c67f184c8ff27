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

revoke all on core.event, core.job, core.subscription, core.schedule from hansa_app;
grant select, insert on core.event to hansa_app;
grant select, insert, delete on core.job to hansa_app;
grant update (key, run_at, tries, lease, leased_until, last_error, dead_at) on core.job to hansa_app;
grant select on core.subscription to hansa_app;
