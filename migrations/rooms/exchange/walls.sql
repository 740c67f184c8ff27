-- Who may see and touch which rows of room exchange.
drop policy if exists tenant_wall on exchange.edi_message;
create policy tenant_wall on exchange.edi_message
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.edi_interchange;
create policy tenant_wall on exchange.edi_interchange
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.edi_told;
create policy tenant_wall on exchange.edi_told
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on exchange.edi_partner;
create policy tenant_wall on exchange.edi_partner
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on exchange.edi_message, exchange.edi_interchange, exchange.edi_told, exchange.edi_partner from hansa_app;
grant usage on schema exchange to hansa_app;
grant select, insert on exchange.edi_message, exchange.edi_interchange, exchange.edi_told, exchange.edi_partner to hansa_app;
grant update (verdict, is_duplicate, changed_at, report) on exchange.edi_message to hansa_app;
grant update (name, sender, receiver, usage, zone, carrier_scac, number_reuse, strangers, changed_at, version) on exchange.edi_partner to hansa_app;

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
