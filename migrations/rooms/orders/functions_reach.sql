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

-- A page of the list for a caller of less reach than the tenant. Two ways lead to it, and which one is short depends on how much he
-- reaches: who reaches few shipments is served from the indexes by account or carrier, who reaches many finds his page soon by going
-- down the list. In between (some thousands) both take a few milliseconds; a plan made beforehand could not choose.
create or replace function orders.page_reached(p_tenant uuid, p_reach jsonb, p_after text, p_most integer, p_status text, p_reference text,
                                               p_account uuid, p_from date, p_to date) returns uuid[]
    language plpgsql stable
    as $$
declare
    v_few constant integer := 10000;
    v_below uuid := coalesce(p_after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    v_accounts uuid[] := case when p_reach ->> 'kind' <> 'PARTNER' then crm.api_accounts_reached(p_tenant, p_reach) else '{}' end;
    v_scac text := case when p_reach ->> 'kind' = 'PARTNER' then p_reach ->> 'scac' end;
    v_key text := orders.api_number_key(p_reference);
    v_found uuid[];
begin
    if p_account is not null and v_scac is null then
        v_accounts := case when p_account = any (v_accounts) then array[p_account] else '{}' end;
    end if;
    if v_key is not null then
        v_found := array(select n.shipment_id from orders.shipment_number n
                          where n.tenant_id = p_tenant and n.number_key = v_key and n.kind = 'CUSTOMER' and n.shipment_id < v_below
                          limit v_few + 1);
    elsif v_scac is not null then
        v_found := array(select s.shipment_id from orders.shipment s
                          where s.tenant_id = p_tenant and s.carrier_scac = v_scac and s.shipment_id < v_below limit v_few + 1);
    else
        v_found := array(select s.shipment_id from orders.shipment s
                          where s.tenant_id = p_tenant and s.account_id = any (v_accounts) and s.shipment_id < v_below limit v_few + 1);
    end if;
    if cardinality(v_found) <= v_few then
        return array(select s.shipment_id from orders.shipment s
                      where s.tenant_id = p_tenant and s.shipment_id = any (v_found)
                        and (s.account_id = any (v_accounts) or s.carrier_scac = v_scac)
                        and (p_account is null or s.account_id = p_account)
                        and (p_from is null or s.planned_delivery_date >= p_from) and (p_to is null or s.planned_delivery_date <= p_to)
                        and (p_status is null or exists (select from tracking.v_shipment_status f where f.tenant_id = p_tenant
                                                            and f.shipment_id = s.shipment_id and f.status = p_status))
                      order by s.shipment_id desc limit p_most);
    end if;
    return array(select s.shipment_id from orders.shipment s
                  where s.tenant_id = p_tenant and s.shipment_id < v_below
                    and (s.account_id = any (v_accounts) or s.carrier_scac = v_scac)
                    and (v_key is null or exists (select from orders.shipment_number n where n.tenant_id = p_tenant and n.number_key = v_key
                                                     and n.shipment_id = s.shipment_id and n.kind = 'CUSTOMER'))
                    and (p_account is null or s.account_id = p_account)
                    and (p_from is null or s.planned_delivery_date >= p_from) and (p_to is null or s.planned_delivery_date <= p_to)
                    and (p_status is null or exists (select from tracking.v_shipment_status f where f.tenant_id = p_tenant
                                                        and f.shipment_id = s.shipment_id and f.status = p_status))
                  order by s.shipment_id desc limit p_most);
end $$;
comment on function orders.page_reached(uuid, jsonb, text, integer, text, text, uuid, date, date) is
    'The newest shipments below p_after that the caller reaches and the filters admit, at most p_most; for callers of less reach than the tenant.';

grant execute on function orders.api_is_reached(uuid, jsonb, uuid),
    orders.page_reached(uuid, jsonb, text, integer, text, text, uuid, date, date) to hansa_app;
