-- Who may see and touch which rows of room crm.
drop policy if exists tenant_wall on crm.account;
create policy tenant_wall on crm.account
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.account_tag;
create policy tenant_wall on crm.account_tag
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.contact;
create policy tenant_wall on crm.contact
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.contact_channel;
create policy tenant_wall on crm.contact_channel
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.consent;
create policy tenant_wall on crm.consent
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.interaction;
create policy tenant_wall on crm.interaction
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.task;
create policy tenant_wall on crm.task
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.search_entry;
create policy tenant_wall on crm.search_entry
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.search_word;
create policy tenant_wall on crm.search_word
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.search_variant;
create policy tenant_wall on crm.search_variant
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on crm.search_use;
create policy tenant_wall on crm.search_use
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on crm.account, crm.account_tag, crm.contact, crm.contact_channel, crm.consent, crm.interaction, crm.task, crm.search_entry,
    crm.search_word, crm.search_variant, crm.search_use from hansa_app;
grant usage on schema crm to hansa_app;
grant select, insert on crm.account, crm.interaction, crm.task to hansa_app;
grant update (kind, customer_code, name, scac, owner_id, unit_id, parent_id, industry, country, phone, website, lifecycle, credit_grade, credit_limit,
              credit_currency, hold, hold_reason, version, changed_at) on crm.account to hansa_app;
grant select, insert, delete on crm.account_tag, crm.contact, crm.contact_channel, crm.consent, crm.search_entry, crm.search_word, crm.search_variant,
    crm.search_use to hansa_app;
grant update (account_id, name, title, email, phone, locale, preferred_channel, quiet_from, quiet_to, quiet_zone, interests, relations, version,
              changed_at) on crm.contact to hansa_app;
grant update (withdrawn_at) on crm.consent to hansa_app;
grant update (title, note, state, assignee_id, account_id, contact_id, opportunity_id, due_at, zone, reminder_at, reminded_at, done_at, version)
    on crm.task to hansa_app;
grant update (account_id, label, told) on crm.search_entry to hansa_app;
grant update (word) on crm.search_word to hansa_app; -- to lock a row; never written
