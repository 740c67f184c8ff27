-- Who may see and touch which rows of room crm.
drop policy if exists tenant_wall on crm.account;
create policy tenant_wall on crm.account
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.contact;
create policy tenant_wall on crm.contact
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.consent;
create policy tenant_wall on crm.consent
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on crm.account, crm.contact, crm.consent from hansa_app;
grant usage on schema crm to hansa_app;
grant select, insert on crm.account to hansa_app;
grant update (owner_id, unit_id, version) on crm.account to hansa_app;
grant select, insert, delete on crm.contact, crm.consent to hansa_app;
grant update (version) on crm.contact to hansa_app;
grant update (withdrawn_at) on crm.consent to hansa_app;
