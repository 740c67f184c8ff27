-- Who may see and touch which rows of room sales.
drop policy if exists tenant_wall on sales.opportunity;
create policy tenant_wall on sales.opportunity
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on sales.quote;
create policy tenant_wall on sales.quote
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on sales.quote_option;
create policy tenant_wall on sales.quote_option
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on sales.opportunity, sales.quote, sales.quote_option from hansa_app;
grant usage on schema sales to hansa_app;
grant select, insert on sales.opportunity, sales.quote to hansa_app;
grant select, insert, delete on sales.quote_option to hansa_app; -- options of a draft are told anew as a whole
grant update (contact_id, owner_id, name, stage, lost_reason, value, currency, probability, close_date, fit, capability, resources, influence,
              outsourcing_motive, first_benefit, order_id, stage_at, version) on sales.opportunity to hansa_app;
grant update (contact_id, opportunity_id, title, terms, currency, need, status, valid_until, zone, secret_hash, hint, chosen_option, decided_at, decided_by,
              decided_name, reject_reason, sent_at, viewed_at, order_id, version) on sales.quote to hansa_app;
