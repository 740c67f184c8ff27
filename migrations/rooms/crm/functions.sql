-- Customers as other rooms' documents name them.

-- The account behind {"account_id": …} or {"code": …, "name": …}; a code that is new makes an account.
create or replace function crm.api_customer(p_tenant uuid, p_actor uuid, p_customer jsonb, p_pointer text) returns uuid
    language plpgsql volatile
    as $$
declare
    v_id uuid := (p_customer ->> 'account_id')::uuid;
    v_code text := p_customer ->> 'code';
    v_made crm.account;
begin
    if p_customer is null or p_customer = 'null' then
        return null;
    elsif (v_id is null) = (v_code is null) then
        raise exception using errcode = 'PN422', message = 'crm/customer_unclear', column = p_pointer,
            detail = 'Name the customer either by account_id or by code.';
    elsif v_id is not null then
        perform from crm.account a where a.tenant_id = p_tenant and a.account_id = v_id;
        if not found then
            raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = p_pointer || '/account_id',
                detail = 'There is no account with this id.';
        end if;
        return v_id;
    end if;
    select a.account_id into v_id from crm.account a where a.tenant_id = p_tenant and a.customer_code = v_code;
    if not found then
        insert into crm.account (tenant_id, account_id, kind, customer_code, name, created_by)
        values (p_tenant, core.uuidv7(), 'CUSTOMER', v_code, coalesce(p_customer ->> 'name', v_code), p_actor)
        on conflict (tenant_id, customer_code) do nothing
        returning * into v_made;
        if v_made.account_id is not null then
            perform crm.account_search_put(v_made);
        end if;
        select a.account_id into v_id from crm.account a where a.tenant_id = p_tenant and a.customer_code = v_code;
    end if;
    return v_id;
end $$;
comment on function crm.api_customer(uuid, uuid, jsonb, text) is 'The account that a document''s customer names; p_pointer is where it stands.';

grant execute on function crm.api_customer(uuid, uuid, jsonb, text) to hansa_app;
