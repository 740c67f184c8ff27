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

drop policy if exists tenant_wall on tracking.exception;
create policy tenant_wall on tracking.exception
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on tracking.proof_of_delivery;
create policy tenant_wall on tracking.proof_of_delivery
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on tracking.proof_photo;
create policy tenant_wall on tracking.proof_photo
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on tracking.exception, tracking.proof_of_delivery, tracking.proof_photo from hansa_app;
grant select, insert on tracking.exception, tracking.proof_of_delivery, tracking.proof_photo to hansa_app;
grant update (reason, severity, state, party_at_fault, owner_id, note, resolution, closed_at, version) on tracking.exception to hansa_app;
