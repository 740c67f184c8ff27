-- Who may see and touch which rows of room partners.
drop policy if exists tenant_wall on partners.partner;
create policy tenant_wall on partners.partner
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on partners.rating;
create policy tenant_wall on partners.rating
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on partners.setting;
create policy tenant_wall on partners.setting
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

-- The directory is open to every tenant. A tenant writes its own entry, and those that it entered; the operator any.
drop policy if exists everybody_reads on partners.organisation;
create policy everybody_reads on partners.organisation for select to hansa_app
    using (nullif(current_setting('hansa.tenant_id', true), '') is not null);
drop policy if exists own_entry on partners.organisation;
create policy own_entry on partners.organisation for insert to hansa_app
    with check (coalesce(of_tenant, entered_by_tenant) = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists own_change on partners.organisation;
create policy own_change on partners.organisation for update to hansa_app
    using (coalesce(of_tenant, entered_by_tenant) = nullif(current_setting('hansa.tenant_id', true), '')::uuid
           or exists (select from identity.v_tenant t where t.is_operator))
    with check (coalesce(of_tenant, entered_by_tenant) = nullif(current_setting('hansa.tenant_id', true), '')::uuid
                or exists (select from identity.v_tenant t where t.is_operator));

revoke all on partners.organisation, partners.partner, partners.rating, partners.setting from hansa_app;
grant usage on schema partners to hansa_app;
grant execute on function partners.is_gln(text) to hansa_app;
grant select, insert on partners.organisation, partners.partner, partners.rating, partners.setting to hansa_app;
grant update (expired_credentials, changed_at) on partners.setting to hansa_app;
grant update (legal_name, country, registration_no, gln, scac, iata_no, fmc_no, phone, is_listed, checked_at, same_as, version, changed_at)
    on partners.organisation to hansa_app;
grant update (state, state_reason, state_at, network_role, modes, equipment, services, lanes, credentials, notes, score, version)
    on partners.partner to hansa_app;
