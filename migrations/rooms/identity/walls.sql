-- Who may see and touch which rows of room identity.
drop policy if exists tenant_wall on identity.api_key;
create policy tenant_wall on identity.api_key
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists own_tenant on identity.tenant;
create policy own_tenant on identity.tenant for select to hansa_app
    using (id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on identity.tenant, identity.api_key from hansa_app;
grant usage on schema identity to hansa_app;
grant select on identity.tenant, identity.api_key to hansa_app;
-- Keys are made, rotated and revoked by people and keys that may.
grant insert on identity.api_key to hansa_app;
grant update (last_used_at, revoked_at, revoked_by, secret_hash, old_secret_hash, old_valid_until, rotated_at) on identity.api_key to hansa_app;

-- Of the list of test keys the firm sees and writes its own lines, and the sandbox sees those that work in it.
drop policy if exists own_and_sandbox on identity.sandbox_key;
create policy own_and_sandbox on identity.sandbox_key for select to hansa_app
    using (nullif(current_setting('hansa.tenant_id', true), '')::uuid in (sandbox, of_tenant));
drop policy if exists own_line on identity.sandbox_key;
create policy own_line on identity.sandbox_key for insert to hansa_app
    with check (of_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
revoke all on identity.sandbox_key from hansa_app;
grant select, insert on identity.sandbox_key to hansa_app;
-- Here, not where they are made: the constraints ask them for every writer, and between the two files servers go on writing.
revoke all on function identity.api_is_sandbox(uuid), identity.api_sandbox_id(uuid), identity.api_tenth(bigint) from public;
grant execute on function identity.api_is_sandbox(uuid), identity.api_sandbox_id(uuid), identity.api_tenth(bigint) to hansa_app;
