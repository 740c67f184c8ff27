-- The life of API keys, as far as it is more than one statement.

create or replace function identity.key_document(p_tenant uuid, p_key identity.api_key) returns jsonb
    language plpgsql stable
    as $$
begin
    return jsonb_build_object('reach', p_key.reach, 'account', crm.api_accounts_named(p_tenant, array[p_key.account_id]) -> 0, 'key_id', p_key.api_key_id, 'name', p_key.name, 'prefix', p_key.prefix,
        'state', case when p_key.revoked_at is not null then 'REVOKED' when p_key.expires_at <= now() then 'EXPIRED' else 'LIVE' end,
        'is_test', p_key.is_test, 'scopes', p_key.scopes, 'addresses', p_key.addresses, 'created_at', core.rfc3339(p_key.created_at),
        'created_by', case when p_key.created_by is not null then jsonb_build_object('kind', p_key.created_by_kind, 'id', p_key.created_by,
            'name', case p_key.created_by_kind
                when 'USER' then (select u.name from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_key.created_by)
                else (select k.name from identity.api_key k where k.tenant_id = p_tenant and k.api_key_id = p_key.created_by) end) end,
        'expires_at', core.rfc3339(p_key.expires_at), 'rotated_at', core.rfc3339(p_key.rotated_at),
        'old_secret_until', case when p_key.old_valid_until > now() then core.rfc3339(p_key.old_valid_until) end,
        'last_used_at', core.rfc3339(p_key.last_used_at), 'revoked_at', core.rfc3339(p_key.revoked_at));
end $$;
comment on function identity.key_document(uuid, identity.api_key) is 'A key as replies show it, without its secret.';

-- Networks as they were given; 422 for what is none.
create or replace function identity.networks_read(p_networks jsonb) returns cidr[]
    language plpgsql immutable
    as $$
declare
    v_found cidr[] := array[]::cidr[];
begin
    if p_networks is null or p_networks = 'null' then
        return null;
    end if;
    for v_place in 0 .. jsonb_array_length(p_networks) - 1 loop
        begin
            v_found := v_found || (p_networks ->> v_place)::cidr;
        exception when invalid_text_representation then
            raise exception using errcode = 'PN422', message = 'identity/address_invalid', column = '/addresses/' || v_place,
                detail = 'Give a network such as 192.0.2.0/24 or 2001:db8::/32, with no bits beyond its length, or one address.';
        end;
    end loop;
    return v_found;
end $$;
comment on function identity.networks_read(jsonb) is 'A list of networks; null stays null.';

-- For whom a key is to speak: what the body says, held against what the caller reaches. An account that he does not reach and one that
-- is not there get the same answer.
create or replace function identity.key_reach_read(p_tenant uuid, p_reach jsonb, p_body jsonb, out reach text, out account_id uuid)
    language plpgsql stable
    as $$
declare
    v_own text := case identity.maker_audience(p_reach) when 'CUSTOMER' then 'ACCOUNT' when 'PARTNER' then 'PARTNER' end;
    v_accounts uuid[] := case when v_own is not null then crm.api_accounts_reached(p_tenant, p_reach) end;
begin
    reach := coalesce(p_body ->> 'reach', v_own, 'TENANT');
    account_id := coalesce((p_body ->> 'account_id')::uuid, case when reach = v_own and cardinality(v_accounts) = 1 then v_accounts[1] end);
    if (account_id is not null) <> (reach <> 'TENANT') then
        raise exception using errcode = 'PN422', message = 'identity/reach_unfit', column = '/account_id',
            detail = 'ACCOUNT and PARTNER need account_id, TENANT has none.';
    elsif not identity.reach_is_within(p_tenant, p_reach, coalesce(identity.outside_reach(p_tenant, reach, array[account_id]), 'null')) then
        raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = case when reach = v_own then '/account_id' else '/reach' end,
            detail = 'You do not reach that far yourself.';
    elsif reach <> 'TENANT' and not crm.api_account_is_known(p_tenant, account_id) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id', detail = 'There is no account with this id.';
    end if;
end $$;
comment on function identity.key_reach_read(uuid, jsonb, jsonb) is 'Reach and account of a key to be made; 403 beyond the caller''s own reach.';

-- A key of a customer or partner may what their people may: what a role of the tenant gives to somebody of theirs.
create or replace function identity.key_scopes_fit(p_tenant uuid, p_reach text, p_scopes text[]) returns void
    language plpgsql stable
    as $$
declare
    v_may text[] := array(select distinct s from identity.role r, unnest(r.scopes) s
                           where r.tenant_id = p_tenant and r.audience = case p_reach when 'ACCOUNT' then 'CUSTOMER' else 'PARTNER' end order by 1);
    v_beyond text := identity.scope_beyond(v_may, p_scopes);
begin
    if v_beyond is not null then
        raise exception using errcode = 'PN422', message = 'identity/scope_unfit', column = '/scopes',
            detail = 'No role for them holds ' || v_beyond || '; there is ' || array_to_string(v_may, ', ') || '.';
    end if;
end $$;
comment on function identity.key_scopes_fit(uuid, text, text[]) is '422 for a scope that no role of the audience of this reach holds.';

-- What the sandbox must know of a test key, in the transaction that makes it. The constraint refuses who has no sandbox.
create or replace function identity.sandbox_key_list(p_key identity.api_key) returns boolean
    language plpgsql volatile
    as $$
begin
    if p_key.is_test then
        insert into identity.sandbox_key (sandbox, api_key_id, of_tenant, name, scopes)
        values (identity.api_sandbox_id(p_key.tenant_id), p_key.api_key_id, p_key.tenant_id, p_key.name, p_key.scopes);
    end if;
    return p_key.is_test;
end $$;
comment on function identity.sandbox_key_list(identity.api_key) is 'Enters a test key into the list that its sandbox sees; of another key it does nothing.';

-- A key that a key makes is no freer than its maker.
drop function if exists identity.key_make(uuid, jsonb, jsonb, text, text, bytea);
create or replace function identity.key_make(p_tenant uuid, p_context jsonb, p_body jsonb, p_ref text, p_prefix text, p_hash bytea, p_reach jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_key identity.api_key;
    v_maker identity.api_key;
    v_scopes text[] := array(select distinct jsonb_array_elements_text(p_body -> 'scopes') order by 1);
    v_expires timestamptz := (p_body ->> 'expires_at')::timestamptz;
    v_addresses cidr[] := identity.networks_read(p_body -> 'addresses');
    v_reach record;
begin
    perform sandbox.api_demand_firm(p_tenant);
    select r.* into v_reach from identity.key_reach_read(p_tenant, p_reach, p_body) r;
    if v_reach.reach <> 'TENANT' and (p_body ->> 'is_test')::boolean then
        raise exception using errcode = 'PN422', message = 'identity/reach_unfit', column = '/reach',
            detail = 'A test key works in the sandbox, which has none of your accounts: it reaches TENANT.';
    end if;
    perform identity.scopes_demand(p_tenant, p_context, v_scopes, '/scopes');
    if v_reach.reach <> 'TENANT' then
        perform identity.key_scopes_fit(p_tenant, v_reach.reach, v_scopes);
    end if;
    if v_expires <= now() then
        raise exception using errcode = 'PN422', message = 'identity/expiry_past', column = '/expires_at', detail = 'That moment is over.';
    end if;
    if p_context ->> 'actor_kind' = 'KEY' then
        select * into v_maker from identity.api_key k where k.tenant_id = p_tenant and k.api_key_id = (p_context ->> 'actor_id')::uuid;
        if v_maker.expires_at is not null and coalesce(v_expires, 'infinity') > v_maker.expires_at then
            raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = '/expires_at',
                detail = 'Your own key ends at ' || core.rfc3339(v_maker.expires_at) || '.';
        elsif v_maker.addresses is not null and (v_addresses is null or exists (
                select from unnest(v_addresses) a where not exists (select from unnest(v_maker.addresses) m where a <<= m))) then
            raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = '/addresses',
                detail = 'Your own key counts from some networks only.';
        end if;
    end if;
    insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes, is_test, expires_at, addresses,
                                  created_by, created_by_kind, reach, account_id)
    values (p_tenant, core.uuidv7(), p_ref, p_body ->> 'name', p_prefix, p_hash, v_scopes,
            coalesce((p_body ->> 'is_test')::boolean, false), v_expires, v_addresses,
            (p_context ->> 'actor_id')::uuid, p_context ->> 'actor_kind', v_reach.reach, v_reach.account_id)
    returning * into v_key;
    perform identity.sandbox_key_list(v_key);
    perform audit.api_note(p_tenant, p_context, 'key', v_key.api_key_id, jsonb_build_object('name', v_key.name, 'prefix', v_key.prefix,
        'scopes', to_jsonb(v_key.scopes), 'expires_at', v_key.expires_at, 'addresses', to_jsonb(v_key.addresses), 'is_test', v_key.is_test,
        'reach', v_key.reach, 'account_id', v_key.account_id));
    return identity.key_document(p_tenant, v_key);
end $$;
comment on function identity.key_make(uuid, jsonb, jsonb, text, text, bytea, jsonb) is 'Stores a key that the caller may make, and answers its document.';

-- Whoever learns a key's new secret can do what the key can: he must hold its scopes.
drop function if exists identity.key_rotate(uuid, jsonb, uuid, bytea, integer);
create or replace function identity.key_rotate(p_tenant uuid, p_context jsonb, p_key uuid, p_hash bytea, p_overlap_hours integer, p_reach jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_key identity.api_key;
begin
    select * into v_key from identity.api_key k where k.tenant_id = p_tenant and k.api_key_id = p_key for update;
    if not found or not identity.key_is_reached(p_tenant, p_reach, v_key) then
        return null;
    elsif v_key.revoked_at is not null or v_key.expires_at <= now() then
        raise exception using errcode = 'PN409', message = 'identity/key_ended', detail = 'The key is revoked or has expired; make a new one.';
    end if;
    perform identity.scopes_demand(p_tenant, p_context, v_key.scopes, null);
    update identity.api_key k
       set old_secret_hash = case when p_overlap_hours > 0 then k.secret_hash end,
           old_valid_until = case when p_overlap_hours > 0 then now() + make_interval(hours => p_overlap_hours) end,
           secret_hash = p_hash, rotated_at = now()
     where k.tenant_id = p_tenant and k.api_key_id = p_key
    returning * into v_key;
    perform audit.api_note(p_tenant, p_context, 'key', p_key, jsonb_build_object('name', v_key.name, 'prefix', v_key.prefix,
        'rotated', true, 'overlap_hours', p_overlap_hours));
    return identity.key_document(p_tenant, v_key);
end $$;
comment on function identity.key_rotate(uuid, jsonb, uuid, bytea, integer, jsonb) is 'Gives a key a new secret and answers its document; null when there is no such key within the caller''s reach.';

grant execute on function identity.sandbox_key_list(identity.api_key), identity.key_document(uuid, identity.api_key), identity.networks_read(jsonb),
    identity.key_reach_read(uuid, jsonb, jsonb), identity.key_scopes_fit(uuid, text, text[]),
    identity.key_make(uuid, jsonb, jsonb, text, text, bytea, jsonb), identity.key_rotate(uuid, jsonb, uuid, bytea, integer, jsonb) to hansa_app;
