-- What is told of people and keys beyond this room, and changed of a person by those who may.

create or replace function identity.api_clerk(p_tenant uuid, p_user uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('name', u.name, 'email', u.email, 'phone', u.phone) from identity.app_user u
             where u.tenant_id = p_tenant and u.user_id = p_user and u.audience = 'STAFF' and u.status <> 'DISABLED');
end $$;
comment on function identity.api_clerk(uuid, uuid) is 'Whom customers and partners call: {name, email, phone} of one of the staff; null when the person is gone or not of the staff.';

create or replace function identity.api_actor(p_tenant uuid, p_actor uuid) returns json
    language plpgsql stable
    as $$
begin
    return coalesce((select json_build_object('kind', 'USER', 'id', u.user_id, 'name', u.name, 'audience', u.audience) from identity.app_user u
                      where u.tenant_id = p_tenant and u.user_id = p_actor),
                    (select json_build_object('kind', 'KEY', 'id', k.api_key_id, 'name', k.name,
                                              'audience', case k.reach when 'ACCOUNT' then 'CUSTOMER' when 'PARTNER' then 'PARTNER' else 'STAFF' end)
                       from identity.api_key k where k.tenant_id = p_tenant and k.api_key_id = p_actor));
end $$;
comment on function identity.api_actor(uuid, uuid) is 'Who did something, for staff: {kind, id, name, audience} of a person or a key; null when it was neither.';

create or replace function identity.user_patch(p_tenant uuid, p_context jsonb, p_user uuid, p_if_match text, p_patch jsonb,
                                               out body jsonb, out version integer) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old identity.app_user;
    v_new identity.app_user;
begin
    select u.* into v_old from identity.app_user u where u.tenant_id = p_tenant and u.user_id = p_user for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.name := core.patched(p_patch, 'name', v_old.name);
    v_new.locale := core.patched(p_patch, 'locale', v_old.locale);
    v_new.phone := core.patched(p_patch, 'phone', v_old.phone);
    if v_new is distinct from v_old then
        update identity.app_user u
           set name = v_new.name, locale = v_new.locale, phone = v_new.phone, version = u.version + 1
         where u.tenant_id = p_tenant and u.user_id = p_user
        returning u.* into v_new;
        perform audit.api_note(p_tenant, p_context, 'user', p_user, jsonb_build_object('personal', (
            select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
              from jsonb_each(to_jsonb(v_new)) n
              join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
             where n.value <> o.value and n.key in ('name', 'locale', 'phone'))));
    end if;
    body := identity.user_json(v_new);
    version := v_new.version;
    return next;
end $$;
comment on function identity.user_patch(uuid, jsonb, uuid, text, jsonb) is 'Changes how a person is called, spoken to and reached, if p_if_match admits the version; no row when there is no such person.';

grant execute on function identity.api_clerk(uuid, uuid), identity.api_actor(uuid, uuid), identity.user_patch(uuid, jsonb, uuid, text, jsonb) to hansa_app;
