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

drop policy if exists tenant_wall on exchange.document;
create policy tenant_wall on exchange.document
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.channel;
create policy tenant_wall on exchange.channel
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.share;
create policy tenant_wall on exchange.share
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on exchange.document, exchange.channel, exchange.share from hansa_app;
grant select, insert on exchange.document, exchange.channel, exchange.share to hansa_app;
grant update (state, reason, sent_at, settled_at) on exchange.document to hansa_app;
grant update (last_sequence) on exchange.channel to hansa_app;
grant update (ended_at) on exchange.share to hansa_app;
