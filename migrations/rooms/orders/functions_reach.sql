-- How far a caller reaches among shipments: those of the accounts that he reaches; a partner those that it carries.

create or replace function orders.api_is_reached(p_tenant uuid, p_reach jsonb, p_shipment uuid) returns boolean
    language plpgsql stable
    as $$
begin
    if p_reach is null or p_reach = 'null' then
        return true;
    elsif p_reach ->> 'kind' = 'PARTNER' then
        return exists (select from orders.shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment
                          and s.carrier_scac = p_reach ->> 'scac');
    end if;
    return coalesce(crm.api_account_is_reached(p_tenant, p_reach, (select s.account_id from orders.shipment s
                                                                     where s.tenant_id = p_tenant and s.shipment_id = p_shipment)), false);
end $$;
comment on function orders.api_is_reached(uuid, jsonb, uuid) is 'May a caller of this reach see the shipment? False for one that is not there, unless he reaches the whole tenant.';

-- For lists: the same rule, as what a shipment's row is compared with once for the whole page.
create or replace function orders.accounts_reached(p_tenant uuid, p_reach jsonb) returns uuid[]
    language plpgsql stable
    as $$
begin
    return case when p_reach ->> 'kind' <> 'PARTNER' then crm.api_accounts_reached(p_tenant, p_reach) end;
end $$;
comment on function orders.accounts_reached(uuid, jsonb) is 'Accounts whose shipments the caller reaches; null for a partner.';

create or replace function orders.carrier_reached(p_reach jsonb) returns text
    language sql immutable parallel safe
    as $$ select case when p_reach ->> 'kind' = 'PARTNER' then p_reach ->> 'scac' end $$;
comment on function orders.carrier_reached(jsonb) is 'Carrier whose shipments the caller reaches; null for anybody but a partner.';

grant execute on function orders.api_is_reached(uuid, jsonb, uuid), orders.accounts_reached(uuid, jsonb), orders.carrier_reached(jsonb) to hansa_app;
