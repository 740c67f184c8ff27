-- Who may see and touch which rows of room audit. Entries and seals are written once: nobody but their owner may change one.
drop policy if exists tenant_wall on audit.entry;
create policy tenant_wall on audit.entry
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on audit.origin;
create policy tenant_wall on audit.origin
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on audit.salt;
create policy tenant_wall on audit.salt
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on audit.seal;
create policy tenant_wall on audit.seal
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists tenant_wall on audit.head;
create policy tenant_wall on audit.head
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on audit.entry, audit.origin, audit.salt, audit.seal, audit.head from hansa_app;
grant select, insert on audit.entry, audit.origin, audit.salt, audit.seal, audit.head to hansa_app;
grant update (seal_no, hash, signed_at, signature) on audit.head to hansa_app;
