-- The first person and the first key of a tenant, let in by the operator's API (decision 0053). In a unit of the tenant, behind its wall;
-- what is done stands on its record, under the operator's id.

-- A door for a house that stands empty: whoever has come in keeps it from then on.
create or replace function identity.first_demand(p_tenant uuid, p_context jsonb) returns void
    language plpgsql volatile
    as $$
begin
    if p_context ->> 'actor_kind' is distinct from 'OPERATOR' then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'This is for operators of the platform.';
    end if;
    perform identity.owner_lock(p_tenant);
    if exists (select from identity.app_user u where u.tenant_id = p_tenant and u.activated_at is not null) then
        raise exception using errcode = 'PN409', message = 'identity/tenant_inhabited',
            detail = 'Somebody of the tenant has accepted an invitation: its own people invite others and make keys.';
    elsif exists (select from identity.api_key k where k.tenant_id = p_tenant and k.last_used_at is not null and not k.is_test) then
        raise exception using errcode = 'PN409', message = 'identity/tenant_inhabited',
            detail = 'A key of the tenant is in use: whoever holds it invites people and makes keys.';
    end if;
    perform identity.api_roles_open(p_tenant);
end $$;
comment on function identity.first_demand(uuid, jsonb) is 'Refuses who is no operator, and a tenant that somebody has come into.';

-- An owner who is invited still and asked for again gets a new link, as his own people would send it.
create or replace function identity.first_user_invite(p_tenant uuid, p_context jsonb, p_body jsonb, p_hash bytea, p_sealed bytea) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_user uuid;
begin
    perform identity.first_demand(p_tenant, p_context);
    select u.user_id into v_user
      from identity.app_user u
     where u.tenant_id = p_tenant and u.email = identity.email_normal(p_body ->> 'email') and u.status = 'INVITED'
       and exists (select from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = u.user_id and g.role = 'owner');
    if found then
        return (select i.body from identity.user_invite_again(p_tenant, p_context, v_user, p_hash, p_sealed, null) i (body));
    end if;
    return identity.user_invite(p_tenant, p_context, p_body || '{"audience": "STAFF", "grants": [{"role": "owner", "reach": "TENANT"}]}', p_hash, p_sealed, null);
end $$;
comment on function identity.first_user_invite(uuid, jsonb, jsonb, bytea, bytea) is 'Invites an owner {email, name, locale} of a tenant that nobody has come into.';

create or replace function identity.first_key_make(p_tenant uuid, p_context jsonb, p_body jsonb, p_ref text, p_prefix text, p_hash bytea) returns jsonb
    language plpgsql volatile
    as $$
begin
    perform identity.first_demand(p_tenant, p_context);
    return identity.key_make(p_tenant, p_context, p_body, p_ref, p_prefix, p_hash, null);
end $$;
comment on function identity.first_key_make(uuid, jsonb, jsonb, text, text, bytea) is 'Stores a key of a tenant that nobody has come into.';

grant execute on function identity.first_demand(uuid, jsonb), identity.first_user_invite(uuid, jsonb, jsonb, bytea, bytea),
    identity.first_key_make(uuid, jsonb, jsonb, text, text, bytea) to hansa_app;
