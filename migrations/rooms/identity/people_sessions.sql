-- Sessions: opened, shown, ended.

-- What everybody who has a session may do: see and end their own sessions, change their own password, address, second factor.
create or replace function identity.session_principal(p_tenant uuid, p_user uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (select jsonb_build_object('scopes', to_jsonb(p.scopes) || '["identity:self"]', 'reach', p.reach)
              from identity.principal_of(p_tenant, p_user) p);
end $$;
comment on function identity.session_principal(uuid, uuid) is
    'What a person may do and how far they reach: {"scopes": […], "reach": null for the whole tenant, or what :reach binds}.';

create or replace function identity.user_json(p_user identity.app_user) returns jsonb
    language sql stable
    as $$ select jsonb_build_object(
              'user_id', p_user.user_id, 'email', p_user.email, 'name', p_user.name, 'locale', p_user.locale, 'phone', p_user.phone,
              'audience', p_user.audience, 'status', p_user.status, 'has_second_factor', p_user.totp_confirmed_at is not null,
              'created_at', core.rfc3339(p_user.created_at), 'activated_at', core.rfc3339(p_user.activated_at),
              'disabled_at', core.rfc3339(p_user.disabled_at), 'last_login_at', core.rfc3339(p_user.last_login_at)) $$;
comment on function identity.user_json(identity.app_user) is 'A person, as told to those who may see people.';

create or replace function identity.session_json(p_tenant uuid, p_session uuid, p_csrf_token text) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
        select jsonb_build_object(
                   'session_id', s.session_id,
                   'user', jsonb_build_object('user_id', u.user_id, 'email', u.email, 'name', u.name, 'locale', coalesce(u.locale, t.locale),
                                              'audience', u.audience, 'has_second_factor', u.totp_confirmed_at is not null),
                   'tenant', jsonb_build_object('tenant_id', t.id, 'slug', t.slug, 'name', t.name, 'zone', t.zone, 'locale', t.locale),
                   'accounts', crm.api_accounts_named(p_tenant, case p.principal -> 'reach' ->> 'kind' when 'ACCOUNT'
                       then crm.api_accounts_reached(p_tenant, p.principal -> 'reach') end),
                   'partner', crm.api_partner_named(p_tenant, (p.principal -> 'reach' ->> 'partner_id')::uuid),
                   'scopes', p.principal -> 'scopes', 'csrf_token', p_csrf_token, 'created_at', core.rfc3339(s.created_at),
                   'expires_at', core.rfc3339(s.expires_at), 'idle_seconds', s.idle_seconds, 'second_factor', s.second_factor)
          from identity.session s
          join identity.app_user u on u.tenant_id = p_tenant and u.user_id = s.user_id
          join identity.tenant t on t.id = p_tenant
          cross join lateral identity.session_principal(p_tenant, s.user_id) p(principal)
         where s.tenant_id = p_tenant and s.session_id = p_session);
end $$;
comment on function identity.session_json(uuid, uuid, text) is 'A session, as told to its own person.';

-- Ends a person's sessions (all, one, or all but one); answers how many. Also for changes of roles: p_why ROLE.
create or replace function identity.session_end(p_tenant uuid, p_user uuid, p_why text, p_only uuid default null, p_but uuid default null)
    returns integer
    language plpgsql volatile
    as $$
declare
    v_count integer;
begin
    update identity.session s
       set ended_at = now(), ended_why = p_why
     where s.tenant_id = p_tenant and s.user_id = p_user and s.ended_at is null
       and (p_only is null or s.session_id = p_only) and (p_but is null or s.session_id <> p_but);
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function identity.session_end(uuid, uuid, text, uuid, uuid) is 'Ends sessions of a person: all, only one, or all but one.';

-- The second factor of a sign-in, each code good once. p_in: totp_step (the step whose code was right) or recovery_hash.
create or replace function identity.factor_use(p_tenant uuid, p_user identity.app_user, p_in jsonb) returns text
    language plpgsql volatile
    as $$
begin
    if p_in ->> 'totp_step' is not null then
        update identity.app_user u
           set totp_last_step = (p_in ->> 'totp_step')::bigint
         where u.tenant_id = p_tenant and u.user_id = p_user.user_id and u.totp_last_step < (p_in ->> 'totp_step')::bigint;
        return case when found then 'TOTP' end;
    end if;
    update identity.recovery_code c
       set ended_at = now()
     where c.tenant_id = p_tenant and c.user_id = p_user.user_id and c.ended_at is null
       and c.code_hash = decode(p_in ->> 'recovery_hash', 'hex');
    return case when found then 'RECOVERY_CODE' end;
end $$;
comment on function identity.factor_use(uuid, identity.app_user, jsonb) is 'Uses up a code of the second factor; null when it is used already or wrong.';

-- After the password was found right: {"session": …} or {"refused": "second_factor_needed" | "second_factor_refused" | "login_refused"}.
-- p_in: user_id, password_set_at (as it was when the password was checked), new_phc, totp_step | recovery_hash, secret_hash,
-- old_hash, idle_seconds, absolute_seconds, user_agent, subject, csrf_token.
create or replace function identity.session_open(p_tenant uuid, p_context jsonb, p_in jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
    v_session uuid := core.uuidv7();
    v_factor text;
begin
    select u.* into v_user
      from identity.app_user u
     where u.tenant_id = p_tenant and u.user_id = (p_in ->> 'user_id')::uuid
       for update;
    if not found or v_user.status <> 'ACTIVE' or v_user.password_set_at::text is distinct from p_in ->> 'password_set_at' then
        return '{"refused": "login_refused"}'::jsonb;
    end if;
    if v_user.totp_confirmed_at is not null then
        if p_in ->> 'totp_step' is null and p_in ->> 'recovery_hash' is null then
            return '{"refused": "second_factor_needed"}'::jsonb;
        end if;
        v_factor := identity.factor_use(p_tenant, v_user, p_in);
        if v_factor is null then
            return '{"refused": "second_factor_refused"}'::jsonb;
        end if;
    end if;
    update identity.session s
       set ended_at = now(), ended_why = 'REPLACED'
     where s.tenant_id = p_tenant and s.secret_hash = decode(p_in ->> 'old_hash', 'hex') and s.ended_at is null;
    insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, second_factor, address, user_agent)
    values (p_tenant, v_session, v_user.user_id, decode(p_in ->> 'secret_hash', 'hex'), (p_in ->> 'idle_seconds')::integer,
            now() + make_interval(secs => (p_in ->> 'absolute_seconds')::integer), v_factor, p_context ->> 'address',
            left(p_in ->> 'user_agent', 200));
    update identity.app_user u
       set last_login_at = now(), password_phc = coalesce(p_in ->> 'new_phc', u.password_phc)
     where u.tenant_id = p_tenant and u.user_id = v_user.user_id;
    perform identity.login_forgive(p_tenant, decode(p_in ->> 'subject', 'hex'), p_context ->> 'address');
    perform audit.api_note(p_tenant, p_context || jsonb_build_object('actor_id', v_user.user_id, 'actor_kind', 'USER', 'session_id', v_session),
                           'session', v_session, jsonb_build_object('state', 'OPEN', 'user_id', v_user.user_id, 'second_factor', v_factor));
    return jsonb_build_object('session', identity.session_json(p_tenant, v_session, p_in ->> 'csrf_token'));
end $$;
comment on function identity.session_open(uuid, jsonb, jsonb) is 'Opens a session for a person whose password was found right.';

-- A person's own change of password; ends the other sessions.
create or replace function identity.password_set(p_tenant uuid, p_context jsonb, p_phc text, p_subject bytea) returns boolean
    language plpgsql volatile
    as $$
declare
    v_user uuid := (p_context ->> 'actor_id')::uuid;
begin
    update identity.app_user u
       set password_phc = p_phc, password_set_at = now(), version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_user and u.status = 'ACTIVE';
    if not found then
        return false;
    end if;
    perform identity.session_end(p_tenant, v_user, 'PASSWORD', p_but => (p_context ->> 'session_id')::uuid);
    perform identity.login_forgive(p_tenant, p_subject, p_context ->> 'address');
    return audit.api_note(p_tenant, p_context, 'user', v_user, '{"password": "…"}');
end $$;
comment on function identity.password_set(uuid, jsonb, text, bytea) is 'Sets the caller''s password and ends their other sessions.';

-- Second factor: the secret waits until a code proves that the authenticator has it.
create or replace function identity.totp_begin(p_tenant uuid, p_context jsonb, p_sealed bytea, p_subject bytea) returns boolean
    language plpgsql volatile
    as $$
declare
    v_user uuid := (p_context ->> 'actor_id')::uuid;
begin
    update identity.app_user u
       set totp_secret = p_sealed
     where u.tenant_id = p_tenant and u.user_id = v_user and u.totp_confirmed_at is null;
    if not found then
        raise exception using errcode = 'PN409', message = 'identity/second_factor_set';
    end if;
    perform identity.login_forgive(p_tenant, p_subject, p_context ->> 'address');
    return audit.api_note(p_tenant, p_context, 'user', v_user, '{"totp_secret": "…"}');
end $$;
comment on function identity.totp_begin(uuid, jsonb, bytea, bytea) is 'Keeps the secret of a second factor that is not yet confirmed.';

create or replace function identity.recovery_codes_set(p_tenant uuid, p_user uuid, p_hashes jsonb) returns void
    language plpgsql volatile
    as $$
begin
    update identity.recovery_code c
       set ended_at = now()
     where c.tenant_id = p_tenant and c.user_id = p_user and c.ended_at is null;
    insert into identity.recovery_code (tenant_id, user_id, code_hash)
    select p_tenant, p_user, decode(h.hash, 'hex') from jsonb_array_elements_text(p_hashes) h(hash);
end $$;
comment on function identity.recovery_codes_set(uuid, uuid, jsonb) is 'New recovery codes in place of all before.';

-- p_in: totp_step, recovery_hashes.
create or replace function identity.totp_confirm(p_tenant uuid, p_context jsonb, p_in jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_user uuid := (p_context ->> 'actor_id')::uuid;
begin
    update identity.app_user u
       set totp_confirmed_at = now(), totp_last_step = (p_in ->> 'totp_step')::bigint, version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_user and u.totp_confirmed_at is null and u.totp_secret is not null
       and u.totp_last_step < (p_in ->> 'totp_step')::bigint;
    if not found then
        return false;
    end if;
    perform identity.recovery_codes_set(p_tenant, v_user, p_in -> 'recovery_hashes');
    perform identity.login_forgive(p_tenant, sha256(convert_to('totp ' || v_user, 'UTF8')), p_context ->> 'address');
    -- whoever signed in without it has to show it now
    perform identity.session_end(p_tenant, v_user, 'FACTOR', p_but => (p_context ->> 'session_id')::uuid);
    return audit.api_note(p_tenant, p_context, 'user', v_user, '{"has_second_factor": {"old": false, "new": true}, "recovery_codes": "…"}');
end $$;
comment on function identity.totp_confirm(uuid, jsonb, jsonb) is 'From now on sign-ins need the second factor.';

create or replace function identity.totp_end(p_tenant uuid, p_context jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_user uuid := (p_context ->> 'actor_id')::uuid;
begin
    if not exists (select from identity.session s
                    where s.tenant_id = p_tenant and s.session_id = (p_context ->> 'session_id')::uuid and s.second_factor is not null)
       and exists (select from identity.app_user u where u.tenant_id = p_tenant and u.user_id = v_user and u.totp_confirmed_at < now() - interval '15 minutes') then
        raise exception using errcode = 'PN403', message = 'identity/second_factor_session';
    end if;
    update identity.app_user u
       set totp_confirmed_at = null, totp_secret = null, version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_user and u.totp_confirmed_at is not null;
    if not found then
        return false;
    end if;
    perform identity.recovery_codes_set(p_tenant, v_user, '[]');
    perform identity.session_end(p_tenant, v_user, 'FACTOR', p_but => (p_context ->> 'session_id')::uuid);
    return audit.api_note(p_tenant, p_context, 'user', v_user, '{"has_second_factor": {"old": true, "new": false}}');
end $$;
comment on function identity.totp_end(uuid, jsonb) is 'Takes the second factor away; only in a session that was opened with it, or minutes after it was set.';

grant execute on function identity.session_principal(uuid, uuid), identity.user_json(identity.app_user), identity.session_json(uuid, uuid, text),
    identity.session_end(uuid, uuid, text, uuid, uuid), identity.factor_use(uuid, identity.app_user, jsonb),
    identity.session_open(uuid, jsonb, jsonb), identity.password_set(uuid, jsonb, text, bytea), identity.totp_begin(uuid, jsonb, bytea, bytea),
    identity.recovery_codes_set(uuid, uuid, jsonb), identity.totp_confirm(uuid, jsonb, jsonb), identity.totp_end(uuid, jsonb) to hansa_app;
