-- How far a caller reaches among accounts. p_reach is the corridor's :reach: null for the whole tenant, else
-- {"kind": "OWN", "user_id"} · {"kind": "UNIT", "units"} · {"kind": "ACCOUNT", "accounts"} · {"kind": "PARTNER", "partner_id", "scac"}.

create or replace function crm.api_account_is_reached(p_tenant uuid, p_reach jsonb, p_account uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return case
        when p_reach is null or p_reach = 'null' then true
        when p_account is null then false
        else case p_reach ->> 'kind'
            when 'OWN' then exists (select from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account
                                       and a.owner_id = (p_reach ->> 'user_id')::uuid)
            when 'UNIT' then exists (select from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account
                                        and p_reach -> 'units' ? a.unit_id::text)
            when 'ACCOUNT' then p_reach -> 'accounts' ? p_account::text
            when 'PARTNER' then p_account = (p_reach ->> 'partner_id')::uuid
            else false end end;
end $$;
comment on function crm.api_account_is_reached(uuid, jsonb, uuid) is 'May a caller of this reach see what belongs to the account?';

create or replace function crm.api_accounts_reached(p_tenant uuid, p_reach jsonb) returns uuid[]
    language plpgsql stable
    as $$
begin
    return case p_reach ->> 'kind'
        when 'OWN' then array(select a.account_id from crm.account a
                               where a.tenant_id = p_tenant and a.owner_id = (p_reach ->> 'user_id')::uuid)
        when 'UNIT' then array(select a.account_id from crm.account a
                                where a.tenant_id = p_tenant
                                  and a.unit_id = any (array(select jsonb_array_elements_text(p_reach -> 'units')::uuid)))
        when 'ACCOUNT' then array(select jsonb_array_elements_text(p_reach -> 'accounts')::uuid)
        when 'PARTNER' then array[(p_reach ->> 'partner_id')::uuid]
        else '{}' end;
end $$;
comment on function crm.api_accounts_reached(uuid, jsonb) is 'All accounts that a caller of less reach than the tenant sees; for lists.';

create or replace function crm.api_account_is_known(p_tenant uuid, p_account uuid) returns boolean
    language sql stable
    as $$ select exists (select from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account) $$;
comment on function crm.api_account_is_known(uuid, uuid) is 'Has the tenant an account with this id?';

create or replace function crm.api_accounts_named(p_tenant uuid, p_accounts uuid[]) returns jsonb
    language plpgsql stable
    as $$
begin
    return (select coalesce(jsonb_agg(jsonb_build_object('account_id', a.account_id, 'code', a.customer_code, 'name', a.name) order by a.name, a.account_id), '[]')
              from crm.account a where a.tenant_id = p_tenant and a.account_id = any (p_accounts));
end $$;
comment on function crm.api_accounts_named(uuid, uuid[]) is 'These accounts by name, [{account_id, code, name}].';

create or replace function crm.api_partner_named(p_tenant uuid, p_partner uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (select jsonb_build_object('partner_id', a.account_id, 'name', a.name, 'scac', a.scac)
              from crm.account a where a.tenant_id = p_tenant and a.account_id = p_partner);
end $$;
comment on function crm.api_partner_named(uuid, uuid) is 'A partner {partner_id, name, scac}; null for null.';

create or replace function crm.api_clerk(p_tenant uuid, p_account uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select identity.api_clerk(p_tenant, a.owner_id) from crm.account a
             where a.tenant_id = p_tenant and a.account_id = p_account and a.owner_id is not null);
end $$;
comment on function crm.api_clerk(uuid, uuid) is 'Who of the staff looks after an account, {name, email, phone}; null for nobody.';

create or replace function crm.api_account_scac(p_tenant uuid, p_account uuid) returns text
    language sql stable
    as $$ select a.scac from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account $$;
comment on function crm.api_account_scac(uuid, uuid) is 'Carrier code of a partner''s account, or null.';

create or replace function crm.api_accounts_of_carrier(p_tenant uuid, p_account uuid, p_scac text) returns uuid[]
    language sql stable
    as $$ select array_remove(p_account || array(select a.account_id from crm.account a where a.tenant_id = p_tenant and a.scac = p_scac), null) $$;
comment on function crm.api_accounts_of_carrier(uuid, uuid, text) is 'An account and those that have a carrier code; either may be null.';

create or replace function crm.api_unit_is_used(p_tenant uuid, p_unit uuid) returns boolean
    language sql stable
    as $$ select exists (select from crm.account a where a.tenant_id = p_tenant and a.unit_id = p_unit) $$;
comment on function crm.api_unit_is_used(uuid, uuid) is 'Does a unit of the organisation look after an account?';

create or replace function crm.api_contact_account(p_tenant uuid, p_contact uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select c.account_id from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact);
end $$;
comment on function crm.api_contact_account(uuid, uuid) is 'The account of a contact, or null.';

grant execute on function crm.api_account_is_reached(uuid, jsonb, uuid), crm.api_accounts_reached(uuid, jsonb),
    crm.api_accounts_named(uuid, uuid[]), crm.api_partner_named(uuid, uuid), crm.api_clerk(uuid, uuid), crm.api_account_is_known(uuid, uuid),
    crm.api_account_scac(uuid, uuid), crm.api_accounts_of_carrier(uuid, uuid, text), crm.api_unit_is_used(uuid, uuid),
    crm.api_contact_account(uuid, uuid) to hansa_app;
