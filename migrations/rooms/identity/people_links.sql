-- People are invited, disabled and enabled; links prove an address, each good once.

-- A new link in place of those of its kind that the person has; the sealed link waits to be handed over.
create or replace function identity.link_make(p_tenant uuid, p_user uuid, p_kind text, p_email text, p_hash bytea, p_sealed bytea,
                                              p_lives interval, p_actor uuid) returns uuid
    language plpgsql volatile
    as $$
declare
    v_link uuid := core.uuidv7();
begin
    perform identity.link_end(p_tenant, p_user, p_kind);
    insert into identity.user_link (tenant_id, link_id, user_id, kind, token_hash, email, created_by, expires_at)
    values (p_tenant, v_link, p_user, p_kind, p_hash, p_email, p_actor, now() + p_lives);
    if not sandbox.api_kept(p_tenant, p_kind, p_email, case p_kind when 'INVITATION' then 'Invitation' when 'PASSWORD_RESET' then 'Link for a new password'
                                                             else 'Link for a new address' end || ', good until ' || core.rfc3339(now() + p_lives) || '.') then
        insert into identity.outgoing_link (tenant_id, link_id, sealed) values (p_tenant, v_link, p_sealed);
    end if;
    return v_link;
end $$;
comment on function identity.link_make(uuid, uuid, text, text, bytea, bytea, interval, uuid) is 'Makes a link and its row in the outbox (a sandbox has none); ends earlier ones of the kind.';

create or replace function identity.link_end(p_tenant uuid, p_user uuid, p_kind text) returns void
    language plpgsql volatile
    as $$
begin
    update identity.outgoing_link o
       set sealed = null
      from identity.user_link l
     where o.tenant_id = p_tenant and l.tenant_id = p_tenant and l.link_id = o.link_id and l.user_id = p_user
       and (p_kind is null or l.kind = p_kind) and o.sealed is not null;
    update identity.user_link l
       set revoked_at = now()
     where l.tenant_id = p_tenant and l.user_id = p_user and (p_kind is null or l.kind = p_kind) and l.used_at is null and l.revoked_at is null;
end $$;
comment on function identity.link_end(uuid, uuid, text) is 'Ends the live links of a person: of one kind, or all.';

-- Uses a live link up: its row, or null.
create or replace function identity.link_use(p_tenant uuid, p_kind text, p_hash bytea) returns identity.user_link
    language plpgsql volatile
    as $$
declare
    v_link identity.user_link;
begin
    update identity.user_link l
       set used_at = now()
     where l.tenant_id = p_tenant and l.token_hash = p_hash and l.kind = p_kind and l.used_at is null and l.revoked_at is null
       and l.expires_at > now()
    returning l.* into v_link;
    if found then
        update identity.outgoing_link o set sealed = null where o.tenant_id = p_tenant and o.link_id = v_link.link_id;
    end if;
    return v_link;
end $$;
comment on function identity.link_use(uuid, text, bytea) is 'Uses a link up; null when it is unknown, used, ended or too old.';

-- Whoever may invite everybody reaches the whole tenant; an outsider invites his own sort of people, with a role at once, since without
-- one nobody could say whose they are. What the caller does not hold himself he cannot give (promise Z5).
drop function if exists identity.user_invite(uuid, jsonb, jsonb, bytea, bytea);
create or replace function identity.user_invite(p_tenant uuid, p_context jsonb, p_in jsonb, p_hash bytea, p_sealed bytea, p_reach jsonb) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
    v_grant record;
    v_code text;
    v_column text;
    v_detail text;
    v_own text := identity.maker_audience(p_reach);
begin
    if v_own is not null and coalesce(jsonb_array_length(p_in -> 'grants'), 0) = 0 then
        raise exception using errcode = 'PN422', message = 'identity/grant_missing', column = '/grants', detail = 'Say which role the person has, and over what.';
    end if;
    insert into identity.app_user (tenant_id, user_id, email, name, locale, phone, audience, created_by)
    values (p_tenant, core.uuidv7(), identity.email_normal(p_in ->> 'email'), p_in ->> 'name', p_in ->> 'locale', p_in ->> 'phone',
            coalesce(v_own, p_in ->> 'audience', 'STAFF'), (p_context ->> 'actor_id')::uuid)
    returning * into v_user;
    perform identity.link_make(p_tenant, v_user.user_id, 'INVITATION', v_user.email, p_hash, p_sealed, interval '7 days',
                               (p_context ->> 'actor_id')::uuid);
    perform audit.api_note(p_tenant, p_context, 'user', v_user.user_id,
                           jsonb_build_object('status', v_user.status, 'audience', v_user.audience,
                                              'personal', jsonb_build_object('email', v_user.email, 'name', v_user.name)));
    -- what they do not hold or reach themselves they cannot give (promise Z5)
    for v_grant in select value, '/grants/' || ordinality - 1 as place from jsonb_array_elements(nullif(p_in -> 'grants', 'null')) with ordinality loop
        begin
            perform identity.grant_create(p_tenant, p_context, p_reach, v_user.user_id, v_grant.value);
        exception when sqlstate 'PN403' or sqlstate 'PN422' then
            get stacked diagnostics v_code = message_text, v_column = column_name, v_detail = pg_exception_detail;
            raise exception using errcode = sqlstate, message = v_code, column = v_grant.place || v_column, detail = v_detail;
        end;
    end loop;
    return identity.user_json(v_user);
end $$;
comment on function identity.user_invite(uuid, jsonb, jsonb, bytea, bytea, jsonb) is 'A new person, invited by link, with the grants that p_in names.';

-- Once more, for a link that was lost or has ended.
drop function if exists identity.user_invite_again(uuid, jsonb, uuid, bytea, bytea);
create or replace function identity.user_invite_again(p_tenant uuid, p_context jsonb, p_user uuid, p_hash bytea, p_sealed bytea, p_reach jsonb) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
begin
    select u.* into v_user from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user for update;
    if not found or not identity.user_is_reached(p_tenant, p_reach, v_user) then
        return;
    end if;
    perform identity.owner_demand(p_tenant, p_context, p_user);
    if v_user.status <> 'INVITED' then
        raise exception using errcode = 'PN409', message = 'identity/user_not_invited';
    end if;
    perform identity.link_make(p_tenant, p_user, 'INVITATION', v_user.email, p_hash, p_sealed, interval '7 days', (p_context ->> 'actor_id')::uuid);
    perform audit.api_note(p_tenant, p_context, 'user', p_user, '{"invitation": "sent again"}');
    return next identity.user_json(v_user);
end $$;
comment on function identity.user_invite_again(uuid, jsonb, uuid, bytea, bytea, jsonb) is 'A new invitation in place of the one before; no row when there is no such person.';

drop function if exists identity.user_disable(uuid, jsonb, uuid);
create or replace function identity.user_disable(p_tenant uuid, p_context jsonb, p_user uuid, p_reach jsonb) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
    v_old text;
begin
    perform identity.owner_lock(p_tenant);
    select u.* into v_user from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user for update;
    if not found or not identity.user_is_reached(p_tenant, p_reach, v_user) then
        return;
    end if;
    perform identity.owner_demand(p_tenant, p_context, p_user);
    if v_user.status <> 'DISABLED' then
        v_old := v_user.status;
        update identity.app_user u
           set status = 'DISABLED', disabled_at = now(), version = u.version + 1
         where u.tenant_id = p_tenant and u.user_id = p_user
        returning u.* into v_user;
        if v_old = 'ACTIVE' then
            perform identity.owner_keep(p_tenant);
        end if;
        perform identity.session_end(p_tenant, p_user, 'DISABLED');
        perform identity.link_end(p_tenant, p_user, null);
        perform audit.api_note(p_tenant, p_context, 'user', p_user,
                               jsonb_build_object('status', jsonb_build_object('old', v_old, 'new', v_user.status)));
    end if;
    return next identity.user_json(v_user);
end $$;
comment on function identity.user_disable(uuid, jsonb, uuid, jsonb) is 'Shuts a person out at once: sessions and links end. No row when there is no such person.';

drop function if exists identity.user_enable(uuid, jsonb, uuid);
create or replace function identity.user_enable(p_tenant uuid, p_context jsonb, p_user uuid, p_reach jsonb) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
begin
    perform identity.owner_lock(p_tenant);
    select u.* into v_user from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user for update;
    if not found or not identity.user_is_reached(p_tenant, p_reach, v_user) then
        return;
    end if;
    perform identity.owner_demand(p_tenant, p_context, p_user);
    if v_user.status = 'DISABLED' then
        update identity.app_user u
           set status = case when u.activated_at is null then 'INVITED' else 'ACTIVE' end, disabled_at = null, version = u.version + 1
         where u.tenant_id = p_tenant and u.user_id = p_user
        returning u.* into v_user;
        perform audit.api_note(p_tenant, p_context, 'user', p_user,
                               jsonb_build_object('status', jsonb_build_object('old', 'DISABLED', 'new', v_user.status)));
    end if;
    return next identity.user_json(v_user);
end $$;
comment on function identity.user_enable(uuid, jsonb, uuid, jsonb) is 'Lets a disabled person in again; who never accepted is invited still. No row when there is no such person.';

-- p_in: phc, name.
create or replace function identity.invitation_use(p_tenant uuid, p_context jsonb, p_hash bytea, p_in jsonb) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_link identity.user_link := identity.link_use(p_tenant, 'INVITATION', p_hash);
    v_user identity.app_user;
begin
    update identity.app_user u
       set status = 'ACTIVE', activated_at = now(), password_phc = p_in ->> 'phc', password_set_at = now(),
           name = coalesce(p_in ->> 'name', u.name), version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_link.user_id and u.status = 'INVITED'
    returning u.* into v_user;
    if not found then
        return;
    end if;
    perform audit.api_note(p_tenant, p_context || jsonb_build_object('actor_id', v_user.user_id, 'actor_kind', 'USER'), 'user', v_user.user_id,
                           '{"status": {"old": "INVITED", "new": "ACTIVE"}, "password": "…"}');
    return next (select jsonb_build_object('tenant', t.slug, 'email', v_user.email, 'name', v_user.name) from identity.tenant t where t.id = p_tenant);
end $$;
comment on function identity.invitation_use(uuid, jsonb, bytea, jsonb) is 'Accepts an invitation; no row when the link is no longer good.';

-- Asked for by anybody with an address: makes a link when a person signs in with it, at most 5 within 15 minutes.
create or replace function identity.password_reset_make(p_tenant uuid, p_context jsonb, p_email text, p_hash bytea, p_sealed bytea) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
begin
    select u.* into v_user
      from identity.app_user u
     where u.tenant_id = p_tenant and u.email = identity.email_normal(p_email) and u.status = 'ACTIVE';
    if not found or identity.login_try_account(p_tenant, sha256(convert_to('reset ' || v_user.email, 'UTF8')), 5) > 0 then
        return;
    end if;
    perform identity.link_make(p_tenant, v_user.user_id, 'PASSWORD_RESET', v_user.email, p_hash, p_sealed, interval '1 hour', null);
    perform audit.api_note(p_tenant, p_context, 'user', v_user.user_id, '{"password_reset": "asked for"}');
    return next '{}'::jsonb;
end $$;
comment on function identity.password_reset_make(uuid, jsonb, text, bytea, bytea) is 'A link for a new password, if somebody signs in with this address.';

create or replace function identity.password_reset_use(p_tenant uuid, p_context jsonb, p_hash bytea, p_in jsonb) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_link identity.user_link := identity.link_use(p_tenant, 'PASSWORD_RESET', p_hash);
    v_user identity.app_user;
begin
    update identity.app_user u
       set password_phc = p_in ->> 'phc', password_set_at = now(), version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_link.user_id and u.status = 'ACTIVE'
    returning u.* into v_user;
    if not found then
        return;
    end if;
    perform identity.session_end(p_tenant, v_user.user_id, 'PASSWORD');
    perform identity.link_end(p_tenant, v_user.user_id, 'EMAIL_CHANGE');
    perform identity.login_forgive(p_tenant, sha256(convert_to(v_user.email, 'UTF8')), p_context ->> 'address');
    perform audit.api_note(p_tenant, p_context || jsonb_build_object('actor_id', v_user.user_id, 'actor_kind', 'USER'), 'user', v_user.user_id,
                           '{"password": "…"}');
    return next (select jsonb_build_object('tenant', t.slug, 'email', v_user.email, 'name', v_user.name) from identity.tenant t where t.id = p_tenant);
end $$;
comment on function identity.password_reset_use(uuid, jsonb, bytea, jsonb) is 'A new password by link; all sessions end. The second factor stays. No row when the link is no longer good.';

-- Whether the address is somebody else's is told only to who proves that they read its mail.
create or replace function identity.email_change_make(p_tenant uuid, p_context jsonb, p_email text, p_hash bytea, p_sealed bytea, p_subject bytea)
    returns boolean
    language plpgsql volatile
    as $$
declare
    v_user uuid := (p_context ->> 'actor_id')::uuid;
    v_email text := identity.email_normal(p_email);
begin
    perform identity.link_make(p_tenant, v_user, 'EMAIL_CHANGE', v_email, p_hash, p_sealed, interval '1 day', v_user);
    perform identity.login_forgive(p_tenant, p_subject, p_context ->> 'address');
    return audit.api_note(p_tenant, p_context, 'user', v_user, jsonb_build_object('personal', jsonb_build_object('email_wanted', v_email)));
end $$;
comment on function identity.email_change_make(uuid, jsonb, text, bytea, bytea, bytea) is 'A link to the address that the caller wants to sign in with.';

create or replace function identity.email_change_use(p_tenant uuid, p_context jsonb, p_hash bytea) returns setof jsonb
    language plpgsql volatile
    as $$
declare
    v_link identity.user_link := identity.link_use(p_tenant, 'EMAIL_CHANGE', p_hash);
    v_user identity.app_user;
    v_old text;
begin
    select u.email into v_old from identity.app_user u where u.tenant_id = p_tenant and u.user_id = v_link.user_id;
    update identity.app_user u
       set email = v_link.email, version = u.version + 1
     where u.tenant_id = p_tenant and u.user_id = v_link.user_id and u.status = 'ACTIVE'
    returning u.* into v_user;
    if not found then
        return;
    end if;
    perform identity.session_end(p_tenant, v_user.user_id, 'EMAIL');
    perform identity.link_end(p_tenant, v_user.user_id, 'PASSWORD_RESET');
    perform audit.api_note(p_tenant, p_context || jsonb_build_object('actor_id', v_user.user_id, 'actor_kind', 'USER'), 'user', v_user.user_id,
                           jsonb_build_object('personal', jsonb_build_object('email', jsonb_build_object('old', v_old, 'new', v_user.email))));
    return next (select jsonb_build_object('tenant', t.slug, 'email', v_user.email, 'name', v_user.name) from identity.tenant t where t.id = p_tenant);
end $$;
comment on function identity.email_change_use(uuid, jsonb, bytea) is 'Signs in with the new address from now on; all sessions end. No row when the link is no longer good.';

grant execute on function identity.link_make(uuid, uuid, text, text, bytea, bytea, interval, uuid), identity.link_end(uuid, uuid, text),
    identity.link_use(uuid, text, bytea), identity.user_invite(uuid, jsonb, jsonb, bytea, bytea, jsonb),
    identity.user_invite_again(uuid, jsonb, uuid, bytea, bytea, jsonb), identity.user_disable(uuid, jsonb, uuid, jsonb), identity.user_enable(uuid, jsonb, uuid, jsonb),
    identity.invitation_use(uuid, jsonb, bytea, jsonb), identity.password_reset_make(uuid, jsonb, text, bytea, bytea),
    identity.password_reset_use(uuid, jsonb, bytea, jsonb), identity.email_change_make(uuid, jsonb, text, bytea, bytea, bytea),
    identity.email_change_use(uuid, jsonb, bytea) to hansa_app;

-- For the first people of a tenant, from the command line; the role is given over the whole tenant, or (partner, customer)
-- not at all, since it needs an account to be over.
create or replace function identity.user_admin_make(p_tenant uuid, p_email text, p_name text, p_role text, p_locale text, p_phc text) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_user identity.app_user;
    v_audience text := 'STAFF';
begin
    if p_role is not null then
        perform identity.api_roles_open(p_tenant);
        select r.audience into v_audience from identity.role r where r.tenant_id = p_tenant and r.role = p_role;
        if not found then
            raise exception using errcode = 'PN422', message = 'identity/role_unknown', detail = p_role;
        end if;
    end if;
    insert into identity.app_user (tenant_id, user_id, email, name, locale, audience, status, password_phc, password_set_at, activated_at)
    values (p_tenant, core.uuidv7(), identity.email_normal(p_email), p_name, p_locale, v_audience,
            case when p_phc is null then 'INVITED' else 'ACTIVE' end, p_phc, case when p_phc is not null then now() end,
            case when p_phc is not null then now() end)
    returning * into v_user;
    if p_role is not null and v_audience = 'STAFF' then
        perform identity.grant_give(p_tenant, v_user.user_id, jsonb_build_object('role', p_role, 'reach', 'TENANT'), null);
    end if;
    perform audit.api_note(p_tenant, '{"actor_kind": "SYSTEM"}', 'user', v_user.user_id,
                           jsonb_build_object('status', v_user.status, 'audience', v_audience, 'role', p_role,
                                              'personal', jsonb_build_object('email', v_user.email, 'name', v_user.name)));
    return identity.user_json(v_user);
end $$;
comment on function identity.user_admin_make(uuid, text, text, text, text, text) is 'A person made by hansa admin, as owner of the database.';
