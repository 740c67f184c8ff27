-- Changing roles, units and grants: each function writes, notes the change in the audit and answers the document.

create or replace function identity.role_document(p_role identity.role) returns json
    language sql stable
    as $$ select json_build_object('role', p_role.role, 'name', p_role.name, 'audience', p_role.audience, 'scopes', p_role.scopes,
                                   'is_built_in', p_role.is_built_in, 'created_at', core.rfc3339(p_role.created_at)) $$;
comment on function identity.role_document(identity.role) is 'A role as replies show it.';

-- The roles of a tenant that has just been made; also heals one that was left half made.
create or replace function identity.api_roles_open(p_tenant uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_count integer;
begin
    insert into identity.role (tenant_id, role, name, audience, scopes, is_built_in)
    select p_tenant, b.role, b.name, b.audience, b.scopes, true from identity.built_in_role b
        on conflict (tenant_id, role) do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function identity.api_roles_open(uuid) is 'Gives a tenant the built-in roles that it lacks.';

create or replace function identity.role_create(p_tenant uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_role identity.role;
    v_scopes text[] := array(select distinct jsonb_array_elements_text(p_body -> 'scopes') order by 1);
begin
    perform identity.scopes_demand(p_tenant, p_context, v_scopes, '/scopes');
    insert into identity.role (tenant_id, role, name, audience, scopes, created_by)
    values (p_tenant, p_body ->> 'role', p_body ->> 'name', coalesce(p_body ->> 'audience', 'STAFF'), v_scopes,
            (p_context ->> 'actor_id')::uuid)
    returning * into v_role;
    perform audit.api_note(p_tenant, p_context, 'role', null, jsonb_build_object('role', v_role.role, 'name', v_role.name,
                           'audience', v_role.audience, 'scopes', to_jsonb(v_role.scopes)));
    return identity.role_document(v_role);
end $$;
comment on function identity.role_create(uuid, jsonb, jsonb) is 'Makes a role of the tenant''s own.';

create or replace function identity.role_change(p_tenant uuid, p_context jsonb, p_role text, p_if_match text, p_body jsonb,
                                                out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old identity.role;
    v_new identity.role;
begin
    select * into v_old from identity.role r where r.tenant_id = p_tenant and r.role = p_role for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif v_old.is_built_in then
        raise exception using errcode = 'PN409', message = 'identity/role_built_in',
            detail = 'Built-in roles stay as they are; make one of your own.';
    end if;
    v_new := v_old;
    v_new.name := coalesce(p_body ->> 'name', v_old.name);
    if p_body ? 'scopes' then
        v_new.scopes := array(select distinct jsonb_array_elements_text(p_body -> 'scopes') order by 1);
        -- whoever strikes a scope out takes it from those who hold the role
        perform identity.scopes_demand(p_tenant, p_context, v_new.scopes || v_old.scopes, '/scopes');
    end if;
    if v_new is distinct from v_old then
        update identity.role r
           set name = v_new.name, scopes = v_new.scopes, version = r.version + 1
         where r.tenant_id = p_tenant and r.role = p_role
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'role', null, jsonb_build_object('role', p_role,
            'name', jsonb_build_object('old', v_old.name, 'new', v_new.name),
            'scopes', jsonb_build_object('old', to_jsonb(v_old.scopes), 'new', to_jsonb(v_new.scopes))));
    end if;
    body := identity.role_document(v_new);
    version := v_new.version;
end $$;
comment on function identity.role_change(uuid, jsonb, text, text, jsonb) is 'Changes name and scopes of a role of the tenant''s own; null when there is none.';

create or replace function identity.role_delete(p_tenant uuid, p_context jsonb, p_role text, p_if_match text) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old identity.role;
begin
    select * into v_old from identity.role r where r.tenant_id = p_tenant and r.role = p_role for update;
    if not found then
        return null;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif v_old.is_built_in then
        raise exception using errcode = 'PN409', message = 'identity/role_built_in', detail = 'Built-in roles cannot be deleted.';
    elsif exists (select from identity.role_grant g where g.tenant_id = p_tenant and g.role = p_role) then
        raise exception using errcode = 'PN409', message = 'identity/role_in_use', detail = 'Somebody holds this role.';
    end if;
    delete from identity.role r where r.tenant_id = p_tenant and r.role = p_role;
    return audit.api_note(p_tenant, p_context, 'role', null, jsonb_build_object('role', p_role, 'scopes', to_jsonb(v_old.scopes), 'deleted', true));
end $$;
comment on function identity.role_delete(uuid, jsonb, text, text) is 'Deletes a role that nobody holds; null when there is none.';

-- --- units ---

create or replace function identity.unit_document(p_unit identity.org_unit) returns json
    language sql stable
    as $$ select json_build_object('unit_id', p_unit.unit_id, 'parent_id', p_unit.parent_id, 'name', p_unit.name,
                                   'created_at', core.rfc3339(p_unit.created_at)) $$;
comment on function identity.unit_document(identity.org_unit) is 'A unit as replies show it.';

-- One change of the tree at a time; taken before any row is locked.
create or replace function identity.unit_lock(p_tenant uuid) returns void
    language sql volatile
    as $$ select pg_advisory_xact_lock(hashtextextended(p_tenant || ' units', 0)) $$;

-- Refuses a parent that is not there, or that stands below the unit itself.
create or replace function identity.unit_parent_check(p_tenant uuid, p_unit uuid, p_parent uuid) returns void
    language plpgsql volatile
    as $$
begin
    if p_parent is not null and not exists (select from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = p_parent) then
        raise exception using errcode = 'PN422', message = 'identity/parent_not_found', column = '/parent_id',
            detail = 'There is no unit with this id.';
    elsif p_parent = any (identity.units_below(p_tenant, p_unit)) then
        raise exception using errcode = 'PN422', message = 'identity/unit_circle', column = '/parent_id',
            detail = 'A unit cannot stand below itself.';
    end if;
end $$;

create or replace function identity.unit_create(p_tenant uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_unit identity.org_unit;
begin
    perform identity.unit_lock(p_tenant);
    perform identity.unit_parent_check(p_tenant, null, (p_body ->> 'parent_id')::uuid);
    insert into identity.org_unit (tenant_id, unit_id, parent_id, name, created_by)
    values (p_tenant, core.uuidv7(), (p_body ->> 'parent_id')::uuid, p_body ->> 'name', (p_context ->> 'actor_id')::uuid)
    returning * into v_unit;
    perform audit.api_note(p_tenant, p_context, 'org_unit', v_unit.unit_id,
                           jsonb_build_object('name', v_unit.name, 'parent_id', v_unit.parent_id));
    return identity.unit_document(v_unit);
end $$;
comment on function identity.unit_create(uuid, jsonb, jsonb) is 'Makes a unit.';

create or replace function identity.unit_change(p_tenant uuid, p_context jsonb, p_unit uuid, p_if_match text, p_body jsonb,
                                                out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old identity.org_unit;
    v_new identity.org_unit;
begin
    perform identity.unit_lock(p_tenant);
    select * into v_old from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = p_unit for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.name := coalesce(p_body ->> 'name', v_old.name);
    if p_body ? 'parent_id' then
        v_new.parent_id := (p_body ->> 'parent_id')::uuid;
        perform identity.unit_parent_check(p_tenant, p_unit, v_new.parent_id);
    end if;
    if v_new is distinct from v_old then
        update identity.org_unit u
           set name = v_new.name, parent_id = v_new.parent_id, version = u.version + 1
         where u.tenant_id = p_tenant and u.unit_id = p_unit
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'org_unit', p_unit, jsonb_build_object(
            'name', jsonb_build_object('old', v_old.name, 'new', v_new.name),
            'parent_id', jsonb_build_object('old', v_old.parent_id, 'new', v_new.parent_id)));
    end if;
    body := identity.unit_document(v_new);
    version := v_new.version;
end $$;
comment on function identity.unit_change(uuid, jsonb, uuid, text, jsonb) is 'Renames or moves a unit; null when there is none.';

create or replace function identity.unit_delete(p_tenant uuid, p_context jsonb, p_unit uuid, p_if_match text) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old identity.org_unit;
begin
    perform identity.unit_lock(p_tenant);
    select * into v_old from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = p_unit for update;
    if not found then
        return null;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif exists (select from identity.org_unit u where u.tenant_id = p_tenant and u.parent_id = p_unit)
       or exists (select from identity.role_grant g where g.tenant_id = p_tenant and g.unit_id = p_unit)
       or crm.api_unit_is_used(p_tenant, p_unit) then
        raise exception using errcode = 'PN409', message = 'identity/unit_in_use',
            detail = 'Units below it, grants or accounts still name this unit.';
    end if;
    delete from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = p_unit;
    return audit.api_note(p_tenant, p_context, 'org_unit', p_unit, jsonb_build_object('name', v_old.name, 'deleted', true));
end $$;
comment on function identity.unit_delete(uuid, jsonb, uuid, text) is 'Deletes a unit that nothing names; null when there is none.';

-- --- grants ---

create or replace function identity.grant_document(p_grant identity.role_grant) returns json
    language sql stable
    as $$ select json_build_object('grant_id', p_grant.grant_id, 'user_id', p_grant.user_id, 'role', p_grant.role, 'reach', p_grant.reach,
                                   'unit_id', p_grant.unit_id, 'account_id', p_grant.account_id,
                                   'created_at', core.rfc3339(p_grant.created_at), 'created_by', p_grant.created_by) $$;
comment on function identity.grant_document(identity.role_grant) is 'A grant as replies show it.';

-- What a grant must be by itself, whoever makes it: role, unit and account exist, and the reach fits the audience of the role
-- and of the person. Answers the row to be written.
create or replace function identity.grant_read(p_tenant uuid, p_user uuid, p_body jsonb) returns identity.role_grant
    language plpgsql volatile
    as $$
declare
    v_grant identity.role_grant;
    v_audience text;
    v_of_user text;
begin
    v_grant.tenant_id := p_tenant;
    v_grant.grant_id := core.uuidv7();
    v_grant.user_id := p_user;
    v_grant.role := p_body ->> 'role';
    v_grant.reach := p_body ->> 'reach';
    v_grant.unit_id := (p_body ->> 'unit_id')::uuid;
    v_grant.account_id := (p_body ->> 'account_id')::uuid;
    v_grant.created_at := clock_timestamp();
    select r.audience into v_audience from identity.role r where r.tenant_id = p_tenant and r.role = v_grant.role;
    if not found then
        perform identity.api_roles_open(p_tenant);
        select r.audience into v_audience from identity.role r where r.tenant_id = p_tenant and r.role = v_grant.role;
    end if;
    if v_audience is null then
        raise exception using errcode = 'PN422', message = 'identity/role_unknown', column = '/role', detail = 'There is no such role.';
    end if;
    select u.audience into v_of_user from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user;
    if v_of_user <> v_audience then
        raise exception using errcode = 'PN422', message = 'identity/audience_unfit', column = '/role',
            detail = 'The role is for ' || lower(v_audience) || ', the person is ' || lower(v_of_user) || '.';
    elsif v_grant.reach <> all (case v_audience when 'PARTNER' then array['PARTNER'] when 'CUSTOMER' then array['ACCOUNT']
                                    else array['OWN', 'UNIT', 'UNIT_AND_BELOW', 'TENANT'] end)
       or (v_grant.role = 'owner' and v_grant.reach <> 'TENANT') then
        raise exception using errcode = 'PN422', message = 'identity/reach_unfit', column = '/reach',
            detail = 'Staff reach OWN, UNIT, UNIT_AND_BELOW or TENANT, owners TENANT, customers ACCOUNT, partners PARTNER.';
    elsif (v_grant.unit_id is not null) <> (v_grant.reach in ('UNIT', 'UNIT_AND_BELOW'))
       or (v_grant.account_id is not null) <> (v_grant.reach in ('ACCOUNT', 'PARTNER')) then
        raise exception using errcode = 'PN422', message = 'identity/reach_unfit',
            column = case when v_grant.reach in ('UNIT', 'UNIT_AND_BELOW') then '/unit_id' else '/account_id' end,
            detail = 'UNIT and UNIT_AND_BELOW need unit_id, ACCOUNT and PARTNER account_id, the others none.';
    elsif v_grant.unit_id is not null
      and not exists (select from identity.org_unit u where u.tenant_id = p_tenant and u.unit_id = v_grant.unit_id) then
        raise exception using errcode = 'PN422', message = 'identity/unit_unknown', column = '/unit_id', detail = 'There is no unit with this id.';
    elsif v_grant.account_id is not null and not crm.api_account_is_known(p_tenant, v_grant.account_id) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    end if;
    if v_grant.reach = 'PARTNER' and exists (select from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = p_user
                                                and g.reach = 'PARTNER' and g.account_id <> v_grant.account_id) then
        raise exception using errcode = 'PN422', message = 'identity/reach_unfit', column = '/account_id',
            detail = 'A person stands for one partner.';
    end if;
    return v_grant;
end $$;
comment on function identity.grant_read(uuid, uuid, jsonb) is 'A grant {role, reach, unit_id, account_id} for a person, checked.';

-- Grants that no caller asks for: the first owner, invitations that name roles, roles that a provider's claims map to.
create or replace function identity.grant_give(p_tenant uuid, p_user uuid, p_body jsonb, p_by uuid) returns uuid
    language plpgsql volatile
    as $$
declare
    v_grant identity.role_grant := identity.grant_read(p_tenant, p_user, p_body);
begin
    v_grant.created_by := p_by;
    insert into identity.role_grant select v_grant.* on conflict on constraint role_grant_key do nothing;
    return (select g.grant_id from identity.role_grant g
             where g.tenant_id = p_tenant and g.user_id = p_user and g.role = v_grant.role and g.reach = v_grant.reach
               and g.unit_id is not distinct from v_grant.unit_id and g.account_id is not distinct from v_grant.account_id);
end $$;
comment on function identity.grant_give(uuid, uuid, jsonb, uuid) is
    'Gives a role without asking what the giver holds; for the house''s own use. Answers the grant, also when it was there.';

-- The rule of promise Z5, after a change: what the person gained in scopes or in reach, the caller holds himself.
create or replace function identity.gain_check(p_tenant uuid, p_context jsonb, p_reach jsonb, p_user uuid, p_scopes text[], p_before jsonb) returns void
    language plpgsql stable
    as $$
declare
    v_after record;
    v_gained text[];
begin
    select p.scopes, p.reach into v_after from identity.principal_of(p_tenant, p_user) p;
    v_gained := array(select s from unnest(v_after.scopes) s where not identity.scope_is_covered(p_scopes, s));
    if v_after.reach is distinct from p_before then
        v_gained := v_after.scopes;
    end if;
    perform identity.scopes_demand(p_tenant, p_context, v_gained, '/role');
    if v_gained <> '{}' and not identity.reach_is_within(p_tenant, p_reach, v_after.reach) then
        raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = '/reach',
            detail = 'The person would reach more than you do.';
    end if;
end $$;

create or replace function identity.grant_create(p_tenant uuid, p_context jsonb, p_reach jsonb, p_user uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_grant identity.role_grant;
    v_scopes text[];
    v_before record;
begin
    perform from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user and u.status <> 'DISABLED';
    if not found then
        return null;
    end if;
    perform identity.owner_lock(p_tenant);
    perform identity.owner_demand(p_tenant, p_context, p_user);
    v_grant := identity.grant_read(p_tenant, p_user, p_body);
    v_grant.created_by := (p_context ->> 'actor_id')::uuid;
    select r.scopes into v_scopes from identity.role r where r.tenant_id = p_tenant and r.role = v_grant.role;
    perform identity.scopes_demand(p_tenant, p_context, v_scopes, '/role');
    if not identity.reach_is_within(p_tenant, p_reach, identity.grant_reach(p_tenant, v_grant)) then
        raise exception using errcode = 'PN403', message = 'identity/more_than_held', column = '/reach', detail = 'You do not reach that far yourself.';
    end if;
    select p.scopes, p.reach into v_before from identity.principal_of(p_tenant, p_user) p;
    insert into identity.role_grant select v_grant.*;
    perform identity.gain_check(p_tenant, p_context, p_reach, p_user, v_before.scopes, v_before.reach);
    perform identity.session_end(p_tenant, p_user, 'ROLE');
    perform audit.api_note(p_tenant, p_context, 'user', p_user, jsonb_build_object('grant_id', v_grant.grant_id, 'role', v_grant.role,
        'reach', v_grant.reach, 'unit_id', v_grant.unit_id, 'account_id', v_grant.account_id));
    return identity.grant_document(v_grant);
end $$;
comment on function identity.grant_create(uuid, jsonb, jsonb, uuid, jsonb) is 'Gives a person a role; null when there is no such person, 403 beyond what the caller holds.';

create or replace function identity.grant_delete(p_tenant uuid, p_context jsonb, p_reach jsonb, p_user uuid, p_grant uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old identity.role_grant;
    v_scopes text[];
begin
    perform identity.owner_lock(p_tenant);
    select g.* into v_old from identity.role_grant g
     where g.tenant_id = p_tenant and g.user_id = p_user and g.grant_id = p_grant for update;
    -- outsiders shut colleagues out as a whole (user_disable)
    if not found or identity.api_audience(p_reach) is not null
       or not identity.reach_is_within(p_tenant, p_reach, identity.grant_reach(p_tenant, v_old)) then
        return null;
    end if;
    select r.scopes into v_scopes from identity.role r where r.tenant_id = p_tenant and r.role = v_old.role;
    perform identity.scopes_demand(p_tenant, p_context, v_scopes, null);
    perform identity.owner_demand(p_tenant, p_context, p_user);
    delete from identity.role_grant g where g.tenant_id = p_tenant and g.grant_id = p_grant;
    if v_old.role = 'owner' and not exists (
            select from identity.role_grant g
              join identity.app_user u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.status = 'ACTIVE'
             where g.tenant_id = p_tenant and g.role = 'owner') then
        raise exception using errcode = 'PN409', message = 'identity/last_owner', detail = 'Make somebody else an owner first.';
    end if;
    perform identity.session_end(p_tenant, p_user, 'ROLE');
    return audit.api_note(p_tenant, p_context, 'user', p_user, jsonb_build_object('grant_id', p_grant, 'role', v_old.role,
        'reach', v_old.reach, 'unit_id', v_old.unit_id, 'account_id', v_old.account_id, 'deleted', true));
end $$;
comment on function identity.grant_delete(uuid, jsonb, jsonb, uuid, uuid) is 'Takes a role away; null when there is no such grant within the caller''s reach.';

grant execute on function identity.unit_lock(uuid), identity.role_document(identity.role), identity.api_roles_open(uuid), identity.role_create(uuid, jsonb, jsonb),
    identity.role_change(uuid, jsonb, text, text, jsonb), identity.role_delete(uuid, jsonb, text, text), identity.unit_document(identity.org_unit),
    identity.unit_parent_check(uuid, uuid, uuid), identity.unit_create(uuid, jsonb, jsonb), identity.unit_change(uuid, jsonb, uuid, text, jsonb),
    identity.unit_delete(uuid, jsonb, uuid, text), identity.grant_document(identity.role_grant), identity.grant_read(uuid, uuid, jsonb),
    identity.grant_give(uuid, uuid, jsonb, uuid), identity.gain_check(uuid, jsonb, jsonb, uuid, text[], jsonb),
    identity.grant_create(uuid, jsonb, jsonb, uuid, jsonb), identity.grant_delete(uuid, jsonb, jsonb, uuid, uuid) to hansa_app;
