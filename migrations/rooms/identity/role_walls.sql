-- Who may see and touch units, roles and grants.
drop policy if exists tenant_wall on identity.org_unit;
create policy tenant_wall on identity.org_unit
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on identity.role;
create policy tenant_wall on identity.role
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on identity.role_grant;
create policy tenant_wall on identity.role_grant
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on identity.org_unit, identity.role, identity.role_grant, identity.built_in_role from hansa_app;
grant select on identity.built_in_role to hansa_app;
grant select, insert, delete on identity.org_unit, identity.role, identity.role_grant to hansa_app;
grant update (name, parent_id, version) on identity.org_unit to hansa_app;
grant update (name, scopes, version) on identity.role to hansa_app;
-- Only so that a grant can be locked before it is taken away.
grant update (created_by) on identity.role_grant to hansa_app;
