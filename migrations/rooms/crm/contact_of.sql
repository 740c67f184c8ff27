-- Whose a contact is, for rooms that name contacts of an account.
create or replace function crm.api_contact_is_of(p_tenant uuid, p_contact uuid, p_account uuid) returns boolean
    language sql stable
    as $$ select exists (select from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact and c.account_id = p_account) $$;
comment on function crm.api_contact_is_of(uuid, uuid, uuid) is 'Is the contact one of the account''s?';
grant execute on function crm.api_contact_is_of(uuid, uuid, uuid) to hansa_app;
