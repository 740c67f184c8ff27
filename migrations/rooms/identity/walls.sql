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
