-- Changing the directory of tenants. For the owner's hand and for room operator's functions, which run as the owner: the
-- application role may execute none of them.

-- The firm and its sandbox are two rows of one transaction: neither is ever without the other.
create or replace function identity.tenant_make(p_id uuid, p_slug text, p_name text, p_zone text, p_locale text) returns identity.tenant
    language plpgsql volatile
    as $$
declare
    v_firm identity.tenant;
begin
    insert into identity.tenant (id, slug, name, zone, locale)
    values (p_id, p_slug, p_name, coalesce(p_zone, 'UTC'), coalesce(p_locale, 'en'))
    returning * into v_firm;
    insert into identity.tenant (id, slug, name, zone, locale, sandbox_of)
    values (identity.api_sandbox_id(v_firm.id), v_firm.slug || '.sandbox', v_firm.name, v_firm.zone, v_firm.locale, v_firm.id);
    return v_firm;
end $$;
comment on function identity.tenant_make(uuid, text, text, text, text) is 'Makes a tenant under this id, and its sandbox.';

create or replace function identity.api_tenant_create(p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_id uuid := core.uuidv7();
begin
    perform identity.tenant_make(v_id, p_body ->> 'slug', p_body ->> 'name', p_body ->> 'zone', p_body ->> 'locale');
    return v_id;
end $$;
comment on function identity.api_tenant_create(jsonb) is 'Makes a tenant {slug, name, zone, locale} with its sandbox; their roles are opened in units of their own.';

create or replace function identity.api_tenant_status_set(p_tenant uuid, p_status text) returns boolean
    language plpgsql volatile
    as $$
begin
    update identity.tenant t
       set status = p_status, suspended_at = case when p_status = 'SUSPENDED' then now() end, version = t.version + 1
     where t.id = p_tenant and not t.is_operator and t.sandbox_of is null and t.status <> p_status;
    if not found then
        return false;
    end if;
    update identity.tenant s set status = t.status, suspended_at = t.suspended_at from identity.tenant t where s.sandbox_of = p_tenant and t.id = p_tenant;
    return true;
end $$;
comment on function identity.api_tenant_status_set(uuid, text) is 'Suspends or resumes a tenant with its sandbox; true when that changed something.';

create or replace function identity.api_tenant_limits_set(p_tenant uuid, p_requests integer, p_key_requests integer, p_storage bigint) returns boolean
    language plpgsql volatile
    as $$
begin
    update identity.tenant t
       set requests_per_minute = p_requests, key_requests_per_minute = p_key_requests, storage_bytes = p_storage, version = t.version + 1
     where t.id = p_tenant and not t.is_operator and t.sandbox_of is null
       and (t.requests_per_minute, t.key_requests_per_minute, t.storage_bytes) is distinct from (p_requests, p_key_requests, p_storage);
    if not found then
        return false;
    end if;
    update identity.tenant s
       set requests_per_minute = identity.api_tenth(p_requests), key_requests_per_minute = identity.api_tenth(p_key_requests),
           storage_bytes = identity.api_tenth(p_storage)
     where s.sandbox_of = p_tenant;
    return true;
end $$;
comment on function identity.api_tenant_limits_set(uuid, integer, integer, bigint) is 'Sets a tenant''s limits, and a tenth of them for its sandbox; true when that changed something.';

-- The slug stays: people sign in by it, their bookmarks and single sign-on carry it, and a name given free could be taken by another firm.
create or replace function identity.api_tenant_patch(p_tenant uuid, p_if_match text, p_patch jsonb, out changes jsonb)
    language plpgsql volatile
    as $$
declare
    v_old identity.tenant;
    v_new identity.tenant;
begin
    select t.* into v_old from identity.tenant t where t.id = p_tenant and not t.is_operator and t.sandbox_of is null for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif coalesce(p_patch ->> 'slug', v_old.slug) <> v_old.slug then
        raise exception using errcode = 'PN422', message = 'identity/slug_stays', column = '/slug',
            detail = 'It stays ' || v_old.slug || ': people sign in by it. The name may be changed.';
    end if;
    v_new := v_old;
    v_new.name := core.patched(p_patch, 'name', v_old.name);
    v_new.zone := core.patched(p_patch, 'zone', v_old.zone);
    v_new.locale := core.patched(p_patch, 'locale', v_old.locale);
    if v_new is distinct from v_old then
        update identity.tenant t
           set name = v_new.name, zone = v_new.zone, locale = v_new.locale, version = t.version + 1
         where t.id = p_tenant or t.sandbox_of = p_tenant;
        changes := (select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
                      from jsonb_each(to_jsonb(v_new)) n
                      join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
                     where n.value <> o.value);
    end if;
end $$;
comment on function identity.api_tenant_patch(uuid, text, jsonb) is
    'Changes name, zone and locale of a tenant and its sandbox; changes is {member: {old, new}}, or null when nothing changed.';
