-- Who may see and touch which rows of room exchange.
drop policy if exists tenant_wall on exchange.edi_message;
create policy tenant_wall on exchange.edi_message
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.edi_interchange;
create policy tenant_wall on exchange.edi_interchange
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on exchange.edi_message, exchange.edi_interchange from hansa_app;
grant usage on schema exchange to hansa_app;
grant select, insert on exchange.edi_message, exchange.edi_interchange to hansa_app;
