-- Who may see and touch which rows about people.
drop policy if exists tenant_wall on identity.app_user;
create policy tenant_wall on identity.app_user using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.recovery_code;
create policy tenant_wall on identity.recovery_code using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.session;
create policy tenant_wall on identity.session using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.user_link;
create policy tenant_wall on identity.user_link using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.outgoing_link;
create policy tenant_wall on identity.outgoing_link using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on identity.login_failure;
create policy tenant_wall on identity.login_failure using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on identity.app_user, identity.recovery_code, identity.session, identity.user_link, identity.outgoing_link,
    identity.login_failure, identity.login_source from hansa_app;
grant select, insert on identity.app_user, identity.recovery_code, identity.session, identity.user_link, identity.outgoing_link,
    identity.login_failure, identity.login_source to hansa_app;
grant update (email, name, locale, phone, status, password_phc, password_set_at, totp_secret, totp_confirmed_at, totp_last_step, activated_at,
              disabled_at, last_login_at, version) on identity.app_user to hansa_app;
grant update (ended_at) on identity.recovery_code to hansa_app;
grant update (last_seen_at, ended_at, ended_why) on identity.session to hansa_app;
grant update (used_at, revoked_at) on identity.user_link to hansa_app;
grant update (sealed) on identity.outgoing_link to hansa_app;
grant update (failure_count, last_at, blocked_until) on identity.login_failure, identity.login_source to hansa_app;
