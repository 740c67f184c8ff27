-- Who may see and touch which rows of the core's own tables.
drop policy if exists tenant_wall on core.idempotency;
create policy tenant_wall on core.idempotency
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on core.idempotency, core.rate_server, core.rate_use from hansa_app;
grant select, insert on core.idempotency to hansa_app;
grant update (request_hash, outcome, body, columns, is_secret, created_at, expires_at) on core.idempotency to hansa_app;
