-- Sessions that a provider vouches for. The provider's word has been checked; here it is decided who that is and what they may.

-- What a provider's word makes of somebody: entries of role_map whose value the person has, else default_role. Roles that are
-- gone, or for another audience than the person's, give nothing.
create or replace function identity.idp_roles(p_tenant uuid, p_idp identity.idp, p_values jsonb, p_audience text) returns jsonb
    language plpgsql stable
    as $$
declare
    v_roles jsonb;
begin
    select jsonb_agg(m - 'value') into v_roles from jsonb_array_elements(p_idp.role_map) m where p_values ? (m ->> 'value');
    if v_roles is null and p_idp.default_role is not null then
        v_roles := jsonb_build_array(p_idp.default_role);
    end if;
    return (select coalesce(jsonb_agg(m || jsonb_build_object('audience', r.audience)), '[]')
              from jsonb_array_elements(v_roles) m
              join identity.role r on r.tenant_id = p_tenant and r.role = m ->> 'role'
             where p_audience is null or r.audience = p_audience);
end $$;
comment on function identity.idp_roles(uuid, identity.idp, jsonb, text) is 'The roles that the values of the role claim give, each with its audience.';

-- Makes the grants that this provider gave what its word is today; those given by people stay. True = something changed.
create or replace function identity.idp_grants_set(p_tenant uuid, p_user uuid, p_idp uuid, p_roles jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_role jsonb;
    v_before uuid[];
begin
    perform identity.owner_lock(p_tenant);
    v_before := array(select g.grant_id from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = p_user order by 1);
    for v_role in select value from jsonb_array_elements(p_roles) loop
        begin
            perform identity.grant_give(p_tenant, p_user, v_role, p_idp);
        exception when sqlstate 'PN422' then
            null; -- its unit or account is gone since the map was written
        end;
    end loop;
    delete from identity.role_grant g
     where g.tenant_id = p_tenant and g.user_id = p_user and g.created_by = p_idp
       and not exists (select from jsonb_array_elements(p_roles) r
                        where r ->> 'role' = g.role and r ->> 'reach' = g.reach and (r ->> 'unit_id')::uuid is not distinct from g.unit_id
                          and (r ->> 'account_id')::uuid is not distinct from g.account_id)
       -- a tenant keeps its last owner whatever the provider says
       and (g.role <> 'owner' or exists (
               select from identity.role_grant o
                 join identity.app_user u on u.tenant_id = p_tenant and u.user_id = o.user_id and u.status = 'ACTIVE'
                where o.tenant_id = p_tenant and o.role = 'owner' and o.user_id <> p_user));
    return v_before <> array(select g.grant_id from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = p_user order by 1);
end $$;
comment on function identity.idp_grants_set(uuid, uuid, uuid, jsonb) is 'Brings the grants that a provider gave to what it says now.';

-- Who is this? {"user_id"} of somebody known, {"new": audience} of somebody to be made, or {"refused": why}. Writes nothing.
-- p_in: subject, email, email_verified, roles.
create or replace function identity.idp_person(p_tenant uuid, p_idp identity.idp, p_in jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_user identity.app_user;
    v_email text := identity.email_normal(p_in ->> 'email');
    v_is_sure boolean := p_idp.trusts_email or coalesce((p_in ->> 'email_verified')::boolean, false);
    v_is_ours boolean := split_part(v_email, '@', 2) = any (p_idp.email_domains);
    v_audience text;
begin
    select u.* into v_user
      from identity.user_identity i
      join identity.app_user u on u.tenant_id = p_tenant and u.user_id = i.user_id
     where i.tenant_id = p_tenant and i.issuer = p_idp.issuer and i.subject = p_in ->> 'subject';
    if found then
        return case when v_user.status = 'ACTIVE' then jsonb_build_object('user_id', v_user.user_id, 'audience', v_user.audience)
                    else '{"refused": "sso_user_disabled"}'::jsonb end;
    end if;
    if v_email is null or length(v_email) > 254 or v_email !~ '^[^@\s<>"(),;:\\]{1,64}@[^@\s.<>"(),;:\\]+(\.[^@\s.<>"(),;:\\]+)+$' then
        return '{"refused": "sso_email_missing"}'::jsonb;
    elsif not v_is_sure or (p_idp.email_domains <> '{}' and not v_is_ours) then
        return '{"refused": "sso_email_refused"}'::jsonb;
    end if;
    select u.* into v_user from identity.app_user u where u.tenant_id = p_tenant and u.email = v_email;
    if found then
        return case when not v_is_ours then '{"refused": "sso_email_refused"}'::jsonb
                    when v_user.status = 'DISABLED' then '{"refused": "sso_user_disabled"}'
                    when exists (select from identity.user_identity i
                                  where i.tenant_id = p_tenant and i.user_id = v_user.user_id and i.issuer = p_idp.issuer)
                        then '{"refused": "sso_email_refused"}' -- another subject of this issuer has the account already
                    else jsonb_build_object('user_id', v_user.user_id, 'audience', v_user.audience, 'found_by', 'email') end;
    end if;
    select r ->> 'audience' into v_audience
      from jsonb_array_elements(identity.idp_roles(p_tenant, p_idp, p_in -> 'roles', null)) r
     order by array_position('{STAFF,PARTNER,CUSTOMER}', r ->> 'audience')
     limit 1;
    return jsonb_build_object('new', coalesce(v_audience, 'STAFF'), 'audience', coalesce(v_audience, 'STAFF'));
end $$;
comment on function identity.idp_person(uuid, identity.idp, jsonb) is 'Whom a provider''s subject is here, or would become.';

-- p_in: idp_id, issuer, subject, email, email_verified, name, roles, has_second_factor, secret_hash, old_hash, idle_seconds,
-- absolute_seconds, user_agent. Answers {"session_id", "user_id"} or {"refused": name of the error}.
create or replace function identity.idp_session_open(p_tenant uuid, p_context jsonb, p_in jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_idp identity.idp;
    v_person jsonb;
    v_roles jsonb;
    v_user identity.app_user;
    v_session uuid := core.uuidv7();
    v_context jsonb;
begin
    select i.* into v_idp
      from identity.idp i
     where i.tenant_id = p_tenant and i.idp_id = (p_in ->> 'idp_id')::uuid and i.is_enabled and i.issuer = p_in ->> 'issuer'
       for share;
    if not found or not exists (select from identity.tenant t where t.id = p_tenant and t.status = 'ACTIVE') then
        return '{"refused": "sso_ended"}'::jsonb;
    end if;
    -- two first sign-ins of one person at once make one person
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || ' ' || v_idp.issuer || ' ' || (p_in ->> 'subject'), 0));
    v_person := identity.idp_person(p_tenant, v_idp, p_in);
    if v_person ? 'refused' then
        return v_person;
    end if;
    v_roles := identity.idp_roles(p_tenant, v_idp, p_in -> 'roles', v_person ->> 'audience');
    if v_roles = '[]' and not exists (
           select from identity.role_grant g
            where g.tenant_id = p_tenant and g.user_id = (v_person ->> 'user_id')::uuid and g.created_by is distinct from v_idp.idp_id) then
        return '{"refused": "sso_no_role"}'::jsonb;
    end if;
    if v_person ? 'new' then
        insert into identity.app_user (tenant_id, user_id, email, name, audience, status, activated_at)
        values (p_tenant, core.uuidv7(), identity.email_normal(p_in ->> 'email'), p_in ->> 'name', v_person ->> 'new', 'ACTIVE', now())
        returning * into v_user;
    else
        select u.* into v_user from identity.app_user u
         where u.tenant_id = p_tenant and u.user_id = (v_person ->> 'user_id')::uuid for update;
        if v_user.status = 'DISABLED' then
            return '{"refused": "sso_user_disabled"}'::jsonb;
        end if;
    end if;
    v_context := p_context || jsonb_build_object('actor_id', v_user.user_id, 'actor_kind', 'USER', 'session_id', v_session);
    if v_person ? 'new' then
        perform audit.api_note(p_tenant, v_context, 'user', v_user.user_id,
                               jsonb_build_object('status', 'ACTIVE', 'audience', v_user.audience, 'idp_id', v_idp.idp_id,
                                                  'personal', jsonb_build_object('email', v_user.email, 'name', v_user.name)));
    elsif v_user.status = 'INVITED' then
        update identity.app_user u set status = 'ACTIVE', activated_at = now(), version = u.version + 1
         where u.tenant_id = p_tenant and u.user_id = v_user.user_id;
        perform identity.link_end(p_tenant, v_user.user_id, 'INVITATION');
        perform audit.api_note(p_tenant, v_context, 'user', v_user.user_id,
                               jsonb_build_object('status', '{"old": "INVITED", "new": "ACTIVE"}'::jsonb, 'idp_id', v_idp.idp_id));
    end if;
    insert into identity.user_identity as i (tenant_id, issuer, subject, user_id) values (p_tenant, v_idp.issuer, p_in ->> 'subject', v_user.user_id)
        on conflict (tenant_id, issuer, subject) do update set last_login_at = now();
    if identity.idp_grants_set(p_tenant, v_user.user_id, v_idp.idp_id, v_roles) then
        perform audit.api_note(p_tenant, v_context, 'user', v_user.user_id, jsonb_build_object('roles', v_roles, 'idp_id', v_idp.idp_id));
        perform identity.session_end(p_tenant, v_user.user_id, 'ROLE');
    end if;
    update identity.session s set ended_at = now(), ended_why = 'REPLACED'
     where s.tenant_id = p_tenant and s.secret_hash = decode(p_in ->> 'old_hash', 'hex') and s.ended_at is null;
    insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, second_factor, address, user_agent)
    values (p_tenant, v_session, v_user.user_id, decode(p_in ->> 'secret_hash', 'hex'), (p_in ->> 'idle_seconds')::integer,
            now() + make_interval(secs => (p_in ->> 'absolute_seconds')::integer),
            case when (p_in ->> 'has_second_factor')::boolean then 'PROVIDER' end, p_context ->> 'address', left(p_in ->> 'user_agent', 200));
    update identity.app_user u set last_login_at = now() where u.tenant_id = p_tenant and u.user_id = v_user.user_id;
    perform audit.api_note(p_tenant, v_context, 'session', v_session,
                           jsonb_build_object('state', 'OPEN', 'user_id', v_user.user_id, 'idp_id', v_idp.idp_id));
    return jsonb_build_object('session_id', v_session, 'user_id', v_user.user_id);
end $$;
comment on function identity.idp_session_open(uuid, jsonb, jsonb) is 'Opens a session for whom a provider vouches, making the person when it is their first.';

grant execute on function identity.idp_roles(uuid, identity.idp, jsonb, text), identity.idp_grants_set(uuid, uuid, uuid, jsonb),
    identity.idp_person(uuid, identity.idp, jsonb), identity.idp_session_open(uuid, jsonb, jsonb) to hansa_app;
