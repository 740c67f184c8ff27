-- Who may see and touch which rows of room crm.
drop policy if exists tenant_wall on crm.account;
create policy tenant_wall on crm.account
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on crm.account from hansa_app;
grant usage on schema crm to hansa_app;
grant select, insert on crm.account to hansa_app;
