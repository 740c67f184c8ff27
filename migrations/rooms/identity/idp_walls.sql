-- Who may see and touch which rows about identity providers.
drop policy if exists tenant_wall on identity.idp;
create policy tenant_wall on identity.idp using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.idp_login;
create policy tenant_wall on identity.idp_login using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.user_identity;
create policy tenant_wall on identity.user_identity using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on identity.idp, identity.idp_login, identity.user_identity from hansa_app;
grant select, insert, delete on identity.idp, identity.idp_login to hansa_app;
grant select, insert on identity.user_identity to hansa_app;
grant update (slug, name, issuer, client_id, client_secret, scopes, role_claim, role_map, default_role, email_domains, trusts_email,
              is_enabled, version) on identity.idp to hansa_app;
grant update (used_at) on identity.idp_login to hansa_app;
grant update (last_login_at) on identity.user_identity to hansa_app;
