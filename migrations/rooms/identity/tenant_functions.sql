-- Changing the directory of tenants. For the owner's hand and for room operator's functions, which run as the owner: the
-- application role may execute none of them.

create or replace function identity.api_tenant_create(p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_id uuid := core.uuidv7();
begin
    insert into identity.tenant (id, slug, name, zone, locale)
    values (v_id, p_body ->> 'slug', p_body ->> 'name', coalesce(p_body ->> 'zone', 'UTC'), coalesce(p_body ->> 'locale', 'en'));
    return v_id;
end $$;
comment on function identity.api_tenant_create(jsonb) is 'Makes a tenant {slug, name, zone, locale}; its roles are opened in a unit of its own.';

create or replace function identity.api_tenant_status_set(p_tenant uuid, p_status text) returns boolean
    language plpgsql volatile
    as $$
begin
    update identity.tenant t
       set status = p_status, suspended_at = case when p_status = 'SUSPENDED' then now() end
     where t.id = p_tenant and not t.is_operator and t.status <> p_status;
    return found;
end $$;
comment on function identity.api_tenant_status_set(uuid, text) is 'Suspends or resumes a tenant; true when that changed something.';

create or replace function identity.api_tenant_limits_set(p_tenant uuid, p_requests integer, p_key_requests integer, p_storage bigint) returns boolean
    language plpgsql volatile
    as $$
begin
    update identity.tenant t
       set requests_per_minute = p_requests, key_requests_per_minute = p_key_requests, storage_bytes = p_storage
     where t.id = p_tenant and not t.is_operator
       and (t.requests_per_minute, t.key_requests_per_minute, t.storage_bytes) is distinct from (p_requests, p_key_requests, p_storage);
    return found;
end $$;
comment on function identity.api_tenant_limits_set(uuid, integer, integer, bigint) is 'Sets a tenant''s limits; true when that changed something.';
