-- What somebody may do and how far it reaches, and that nobody hands on more than he has (promises Z4, Z5).
-- plpgsql where other rooms or later files are called.

-- Does one of the patterns held (room:verb, room:*, *:verb, *) cover a pattern?
create or replace function identity.scope_is_covered(p_held text[], p_wanted text) returns boolean
    language sql immutable parallel safe
    as $$ select exists (
              select from unnest(p_held) h
               where h in ('*', '*:*') or (p_wanted not in ('*', '*:*') and split_part(h, ':', 1) in ('*', split_part(p_wanted, ':', 1))
                                           and split_part(h, ':', 2) in ('*', split_part(p_wanted, ':', 2)))) $$;
comment on function identity.scope_is_covered(text[], text) is 'True when one of the patterns held covers the pattern wanted.';

-- The first pattern that is not held, or null.
create or replace function identity.scope_beyond(p_held text[], p_wanted text[]) returns text
    language sql immutable parallel safe
    as $$ select w from unnest(p_wanted) w where not identity.scope_is_covered(p_held, w) order by w limit 1 $$;
comment on function identity.scope_beyond(text[], text[]) is 'The first of the patterns wanted that the patterns held do not cover; null when there is none.';

-- Each pattern once, and none that another one covers: the corridor keeps them in a small place.
create or replace function identity.scopes_joined(p_scopes text[]) returns text[]
    language sql immutable parallel safe
    as $$ with one as (select distinct s from unnest(p_scopes) s)
          select coalesce(array_agg(o.s order by o.s), '{}') from one o
           where not exists (select from one b where b.s <> o.s and identity.scope_is_covered(array[b.s], o.s)
                                                 and (not identity.scope_is_covered(array[o.s], b.s) or b.s < o.s)) $$;
comment on function identity.scopes_joined(text[]) is 'The same scopes with nothing said twice.';

-- A unit and all units below it.
create or replace function identity.units_below(p_tenant uuid, p_unit uuid) returns uuid[]
    language sql stable
    as $$ with recursive below as (
              select u.unit_id from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = p_unit
              union
              select u.unit_id from below b join identity.org_unit u on u.tenant_id = p_tenant and u.parent_id = b.unit_id)
          select coalesce(array_agg(unit_id order by unit_id), '{}') from below $$;
comment on function identity.units_below(uuid, uuid) is 'The unit and all units below it.';

-- The same for people, by their grants, and for keys: who reaches the same account is told the same.
create or replace function identity.outside_reach(p_tenant uuid, p_reach text, p_accounts uuid[]) returns jsonb
    language plpgsql stable
    as $$
begin
    return case p_reach
        when 'ACCOUNT' then jsonb_build_object('kind', 'ACCOUNT', 'accounts', to_jsonb(p_accounts))
        when 'PARTNER' then jsonb_build_object('kind', 'PARTNER', 'partner_id', p_accounts[1], 'scac', crm.api_account_scac(p_tenant, p_accounts[1])) end;
end $$;
comment on function identity.outside_reach(uuid, text, uuid[]) is 'The reach, in the form of :reach, of who stands for these accounts of customers, or for one of a partner; null for TENANT.';

-- What a person may do: all scopes of his roles, over the widest reach that one of his grants gives. Nobody without grants
-- reaches more than what he owns, and that without a scope.
create or replace function identity.principal_of(p_tenant uuid, p_user uuid, out scopes text[], out reach jsonb)
    language plpgsql stable
    as $$
declare
    v_units uuid[];
    v_accounts uuid[];
    v_partner uuid;
begin
    select identity.scopes_joined(array_agg(s.scope) filter (where s.scope is not null)),
           case when bool_or(g.reach = 'TENANT') then 'null'::jsonb end,
           array_agg(distinct g.account_id) filter (where g.reach = 'ACCOUNT'),
           (array_agg(g.account_id) filter (where g.reach = 'PARTNER'))[1]
      into scopes, reach, v_accounts, v_partner
      from identity.role_grant g
      join identity.role r on r.tenant_id = p_tenant and r.role = g.role
      left join lateral unnest(r.scopes) s (scope) on true
     where g.tenant_id = p_tenant and g.user_id = p_user;
    scopes := coalesce(scopes, '{}');
    if reach = 'null'::jsonb then
        return;
    end if;
    select array_agg(distinct w.unit_id) into v_units
      from identity.role_grant g
      cross join lateral unnest(case g.reach when 'UNIT' then array[g.unit_id] else identity.units_below(p_tenant, g.unit_id) end) w (unit_id)
     where g.tenant_id = p_tenant and g.user_id = p_user and g.reach in ('UNIT', 'UNIT_AND_BELOW');
    reach := case
        when v_units is not null then jsonb_build_object('kind', 'UNIT', 'units', to_jsonb(v_units))
        when v_accounts is not null then identity.outside_reach(p_tenant, 'ACCOUNT', v_accounts)
        when v_partner is not null then identity.outside_reach(p_tenant, 'PARTNER', array[v_partner])
        else jsonb_build_object('kind', 'OWN', 'user_id', p_user) end;
end $$;
comment on function identity.principal_of(uuid, uuid) is
    'Scopes and reach of a person. reach is JSON null for the whole tenant, else {kind, …} as the statements'' :reach.';

-- For whom what is answered is cut (docs/audiences.md); the others ask here, so that no room reads the words of a reach itself.
create or replace function identity.api_audience(p_reach jsonb) returns text
    language sql immutable parallel safe
    as $$ select case p_reach ->> 'kind' when 'ACCOUNT' then 'CUSTOMER' when 'PARTNER' then 'PARTNER' end $$;
comment on function identity.api_audience(jsonb) is 'CUSTOMER or PARTNER when the reach is that of an outsider, else null.';

-- The scopes of who makes this call.
create or replace function identity.scopes_held(p_tenant uuid, p_context jsonb) returns text[]
    language plpgsql stable
    as $$
begin
    if p_context ->> 'actor_kind' = 'USER' then
        return (select p.scopes from identity.principal_of(p_tenant, (p_context ->> 'actor_id')::uuid) p);
    elsif p_context ->> 'actor_kind' = 'OPERATOR' then
        -- he works in a tenant's unit only where identity.first_demand lets him, and nobody is there yet to bound him
        return array['*'];
    end if;
    return coalesce((select k.scopes from identity.api_key k where k.tenant_id = p_tenant and k.api_key_id = (p_context ->> 'actor_id')::uuid),
                    (select k.scopes from identity.sandbox_key k where k.sandbox = p_tenant and k.api_key_id = (p_context ->> 'actor_id')::uuid));
end $$;
comment on function identity.scopes_held(uuid, jsonb) is 'Scopes of the caller that the corridor''s context names.';

-- Refuses scopes that the caller does not hold himself.
create or replace function identity.scopes_demand(p_tenant uuid, p_context jsonb, p_scopes text[], p_pointer text) returns boolean
    language plpgsql stable
    as $$
declare
    v_beyond text := identity.scope_beyond(coalesce(identity.scopes_held(p_tenant, p_context), '{}'), p_scopes);
begin
    if v_beyond is not null and p_pointer is null then
        raise exception using errcode = 'PN403', message = 'identity/more_than_held', detail = 'You do not hold ' || v_beyond || ' yourself.';
    elsif v_beyond is not null then
        raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = p_pointer,
            detail = 'You do not hold ' || v_beyond || ' yourself.';
    end if;
    return true;
end $$;
comment on function identity.scopes_demand(uuid, jsonb, text[], text) is 'True, or 403 when the caller lacks one of the scopes.';

-- Who holds everything answers for the firm. Others do nothing to him, not even what would take nothing away: it ends his sessions,
-- sends him links, or lets him in again.
create or replace function identity.owner_demand(p_tenant uuid, p_context jsonb, p_user uuid) returns boolean
    language plpgsql stable
    as $$
begin
    if p_context ->> 'actor_kind' is distinct from 'SYSTEM'
       and identity.scope_is_covered((select p.scopes from identity.principal_of(p_tenant, p_user) p), '*')
       and not identity.scope_is_covered(coalesce(identity.scopes_held(p_tenant, p_context), '{}'), '*') then
        raise exception using errcode = 'PN403', message = 'identity/owner_protected',
            detail = 'This person owns the firm here; only an owner changes an owner.';
    end if;
    return true;
end $$;
comment on function identity.owner_demand(uuid, jsonb, uuid) is 'True, or 403 when the person holds everything and the caller does not. hansa admin may.';

-- Is a reach within another? Null and JSON null are the whole tenant.
create or replace function identity.reach_is_within(p_tenant uuid, p_outer jsonb, p_inner jsonb) returns boolean
    language plpgsql stable
    as $$
begin
    if p_outer is null or p_outer = 'null' then
        return true;
    elsif p_inner is null or p_inner = 'null' then
        return false;
    end if;
    return case p_inner ->> 'kind'
        when 'UNIT' then p_outer ->> 'kind' = 'UNIT' and p_outer -> 'units' @> (p_inner -> 'units')
        -- an account that is a partner's and a customer's: who carries for it does not see what it buys
        when 'ACCOUNT' then p_outer ->> 'kind' <> 'PARTNER' and not exists (select from jsonb_array_elements_text(p_inner -> 'accounts') a
                                         where not crm.api_account_is_reached(p_tenant, p_outer, a::uuid))
        when 'PARTNER' then p_outer ->> 'kind' = 'PARTNER' and p_outer -> 'partner_id' = p_inner -> 'partner_id'
        else p_inner = p_outer end;
end $$;
comment on function identity.reach_is_within(uuid, jsonb, jsonb) is 'True when everything that the inner reach covers, the outer one does.';

-- A single grant as a reach.
create or replace function identity.grant_reach(p_tenant uuid, p_grant identity.role_grant) returns jsonb
    language sql stable
    as $$ select case p_grant.reach
              when 'TENANT' then 'null'::jsonb
              when 'OWN' then jsonb_build_object('kind', 'OWN', 'user_id', p_grant.user_id)
              when 'UNIT' then jsonb_build_object('kind', 'UNIT', 'units', jsonb_build_array(p_grant.unit_id))
              when 'UNIT_AND_BELOW' then jsonb_build_object('kind', 'UNIT', 'units', to_jsonb(identity.units_below(p_tenant, p_grant.unit_id)))
              when 'ACCOUNT' then jsonb_build_object('kind', 'ACCOUNT', 'accounts', jsonb_build_array(p_grant.account_id))
              else jsonb_build_object('kind', 'PARTNER', 'partner_id', p_grant.account_id) end $$;
comment on function identity.grant_reach(uuid, identity.role_grant) is 'How far one grant reaches, in the form of :reach.';

-- Whom a caller may see and shut out: who reaches the whole tenant everybody, an outsider people of his own kind who reach nothing that
-- he does not, staff of less reach nobody. Who holds no role yet is nobody's colleague.
create or replace function identity.user_is_reached(p_tenant uuid, p_reach jsonb, p_user identity.app_user) returns boolean
    language plpgsql stable
    as $$
begin
    if p_reach is null or p_reach = 'null' then
        return true;
    end if;
    return coalesce(identity.api_audience(p_reach) = p_user.audience, false)
       and coalesce((select bool_and(identity.reach_is_within(p_tenant, p_reach, identity.grant_reach(p_tenant, g)))
                       from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = p_user.user_id), false);
end $$;
comment on function identity.user_is_reached(uuid, jsonb, identity.app_user) is 'Is the person there for a caller of this reach?';

create or replace function identity.key_is_reached(p_tenant uuid, p_reach jsonb, p_key identity.api_key) returns boolean
    language plpgsql stable
    as $$
begin
    if p_reach is null or p_reach = 'null' then
        return true;
    end if;
    return identity.api_audience(p_reach) is not null and p_key.reach <> 'TENANT'
       and identity.reach_is_within(p_tenant, p_reach, identity.outside_reach(p_tenant, p_key.reach, array[p_key.account_id]));
end $$;
comment on function identity.key_is_reached(uuid, jsonb, identity.api_key) is 'Is the key there for a caller of this reach?';

-- Who makes people and keys: whoever reaches the whole tenant, and outsiders for their own; answers the audience of the latter.
create or replace function identity.maker_audience(p_reach jsonb) returns text
    language plpgsql immutable
    as $$
begin
    if p_reach is not null and p_reach <> 'null' and identity.api_audience(p_reach) is null then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'This is for callers who reach the whole tenant.';
    end if;
    return identity.api_audience(p_reach);
end $$;
comment on function identity.maker_audience(jsonb) is 'CUSTOMER or PARTNER, null for who reaches the whole tenant, 403 for staff of less reach.';

-- Refuses a change that has shut out the last active owner. Called after the change, with identity.owner_lock before it. A
-- tenant that works with keys alone, or whose first owner is only invited, has none to keep.
create or replace function identity.owner_keep(p_tenant uuid) returns boolean
    language plpgsql volatile
    as $$
begin
    if not exists (select from identity.role_grant g
                     join identity.app_user u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.status = 'ACTIVE'
                    where g.tenant_id = p_tenant and g.role = 'owner')
       and exists (select from identity.role_grant g
                     join identity.app_user u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.status = 'DISABLED'
                    where g.tenant_id = p_tenant and g.role = 'owner') then
        raise exception using errcode = 'PN409', message = 'identity/last_owner',
            detail = 'Make somebody else an owner first.';
    end if;
    return true;
end $$;
comment on function identity.owner_keep(uuid) is 'True, or 409 when the tenant''s owners are all shut out.';

create or replace function identity.owner_lock(p_tenant uuid) returns boolean
    language sql volatile
    as $$ select true from (select pg_advisory_xact_lock(hashtextextended(p_tenant || ' owners', 0))) l $$;
comment on function identity.owner_lock(uuid) is 'Until the end of the transaction nobody else changes who owns the tenant.';

grant execute on function identity.scope_is_covered(text[], text), identity.scope_beyond(text[], text[]),
    identity.scopes_joined(text[]), identity.units_below(uuid, uuid), identity.principal_of(uuid, uuid),
    identity.api_audience(jsonb), identity.scopes_held(uuid, jsonb), identity.scopes_demand(uuid, jsonb, text[], text),
    identity.owner_demand(uuid, jsonb, uuid),
    identity.reach_is_within(uuid, jsonb, jsonb), identity.grant_reach(uuid, identity.role_grant),
    identity.outside_reach(uuid, text, uuid[]), identity.user_is_reached(uuid, jsonb, identity.app_user),
    identity.key_is_reached(uuid, jsonb, identity.api_key), identity.maker_audience(jsonb), identity.owner_keep(uuid), identity.owner_lock(uuid) to hansa_app;
