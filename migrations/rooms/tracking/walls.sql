-- Who may see and touch which rows of room tracking.
drop policy if exists tenant_wall on tracking.event;
create policy tenant_wall on tracking.event
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on tracking.shipment_status;
create policy tenant_wall on tracking.shipment_status
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on tracking.link;
create policy tenant_wall on tracking.link
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on tracking.status, tracking.code, tracking.event, tracking.shipment_status, tracking.link from hansa_app;
grant usage on schema tracking to hansa_app;
grant select on tracking.status, tracking.code to hansa_app;
grant select, insert, update (superseded_by) on tracking.event to hansa_app;
grant select, insert, update on tracking.shipment_status to hansa_app;
grant select, insert, update (revoked_at, last_viewed_at, view_count) on tracking.link to hansa_app;
