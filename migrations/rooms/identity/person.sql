-- What room identity holds of a person, and how it is erased (room privacy asks; decision 0021).

create or replace function identity.api_person_find(p_tenant uuid, p_ids uuid[], p_emails text[]) returns table (id uuid, email text, name text)
    language plpgsql stable
    as $$
begin
    return query
        select u.user_id, u.email, u.name from identity.app_user u
         where u.tenant_id = p_tenant and (u.user_id = any (p_ids) or u.email = any (p_emails));
end $$;
comment on function identity.api_person_find(uuid, uuid[], text[]) is 'Users by id or e-mail (lower case).';

create or replace function identity.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
begin
    return jsonb_build_object(
        'identity.app_user', (select jsonb_agg(to_jsonb(u) - 'tenant_id' - 'password_phc' - 'totp_secret' - 'totp_last_step'
                                               || jsonb_build_object('has_password', u.password_phc is not null)
                                               order by u.user_id)
                                from identity.app_user u where u.tenant_id = p_tenant and u.user_id = any (v_ids)),
        'identity.session', (select jsonb_agg(to_jsonb(s) - 'tenant_id' - 'secret_hash' order by s.session_id)
                               from identity.session s where s.tenant_id = p_tenant and s.user_id = any (v_ids)),
        'identity.user_link', (select jsonb_agg(to_jsonb(l) - 'tenant_id' - 'token_hash' order by l.link_id)
                                 from identity.user_link l where l.tenant_id = p_tenant and l.user_id = any (v_ids)),
        'identity.role_grant', (select jsonb_agg(to_jsonb(g) - 'tenant_id' order by g.grant_id)
                                  from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = any (v_ids)),
        'identity.user_identity', (select jsonb_agg(to_jsonb(i) - 'tenant_id' order by i.issuer)
                                     from identity.user_identity i where i.tenant_id = p_tenant and i.user_id = any (v_ids)));
end $$;
comment on function identity.api_person_held(uuid, jsonb) is 'Rows that room identity holds of a person, by table; no secrets.';

create or replace function identity.api_person_erase(p_tenant uuid, p_context jsonb, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
    v_user uuid;
    v_users integer := 0;
    v_sessions integer := 0;
    v_links integer := 0;
    v_count integer;
begin
    for v_user in select u.user_id from identity.app_user u where u.tenant_id = p_tenant and u.user_id = any (v_ids) order by 1 loop
        perform identity.user_disable(p_tenant, p_context, v_user, null); -- ends sessions and links; keeps the last owner from going
        delete from identity.login_failure f
         using identity.app_user u
         where f.tenant_id = p_tenant and u.tenant_id = p_tenant and u.user_id = v_user
           and f.subject in (select sha256(convert_to(u.email || coalesce(' ' || s.address, ''), 'UTF8'))
                               from (select null::text as address
                                     union select k.address from identity.session k where k.tenant_id = p_tenant and k.user_id = v_user) s);
        update identity.session s set address = '', user_agent = null where s.tenant_id = p_tenant and s.user_id = v_user;
        get diagnostics v_count = row_count;
        v_sessions := v_sessions + v_count;
        update identity.user_link l set email = 'erased' where l.tenant_id = p_tenant and l.user_id = v_user;
        get diagnostics v_count = row_count;
        v_links := v_links + v_count;
        update identity.outgoing_link o set sealed = null
          from identity.user_link l
         where o.tenant_id = p_tenant and l.tenant_id = p_tenant and l.link_id = o.link_id and l.user_id = v_user;
        update identity.recovery_code c set ended_at = coalesce(c.ended_at, now()) where c.tenant_id = p_tenant and c.user_id = v_user;
        delete from identity.role_grant g where g.tenant_id = p_tenant and g.user_id = v_user;
        delete from identity.user_identity i where i.tenant_id = p_tenant and i.user_id = v_user;
        update identity.app_user u
           set email = v_user || '@erased.invalid', name = 'Erased', locale = null, phone = null, password_phc = null, password_set_at = null,
               totp_secret = null, totp_confirmed_at = null, version = u.version + 1
         where u.tenant_id = p_tenant and u.user_id = v_user;
        v_users := v_users + 1;
    end loop;
    return jsonb_build_object('identity.app_user', v_users, 'identity.session', v_sessions, 'identity.user_link', v_links);
end $$;
comment on function identity.api_person_erase(uuid, jsonb, jsonb) is 'Takes the person out of users, sessions and links; their ids stay.';

create or replace function identity.api_retention_apply(p_tenant uuid, p_days jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_sessions integer;
    v_failures integer;
    v_before timestamptz := now() - make_interval(days => (p_days ->> 'SESSIONS')::integer);
begin
    with old as (
        select s.session_id from identity.session s
         where s.tenant_id = p_tenant and coalesce(s.ended_at, s.expires_at) < v_before
         limit 1000)
    delete from identity.session s using old where s.tenant_id = p_tenant and s.session_id = old.session_id;
    get diagnostics v_sessions = row_count;
    delete from identity.login_failure f
     where f.tenant_id = p_tenant and f.last_at < now() - make_interval(days => (p_days ->> 'LOGIN_FAILURES')::integer);
    get diagnostics v_failures = row_count;
    delete from identity.login_source f where f.last_at < now() - interval '30 days';
    return jsonb_build_object('SESSIONS', v_sessions, 'LOGIN_FAILURES', v_failures);
end $$;
comment on function identity.api_retention_apply(uuid, jsonb) is 'Deletes sessions that ended, and failed sign-ins, older than their days.';

grant execute on function identity.api_person_find(uuid, uuid[], text[]), identity.api_person_held(uuid, jsonb),
    identity.api_person_erase(uuid, jsonb, jsonb), identity.api_retention_apply(uuid, jsonb) to hansa_app;
