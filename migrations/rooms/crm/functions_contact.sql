-- Contacts: people at accounts, how to reach them and when not.

drop function if exists crm.contact_document(crm.contact, jsonb);
create or replace function crm.contact_document(p_contact crm.contact) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'contact_id', p_contact.contact_id, 'account_id', p_contact.account_id, 'name', p_contact.name, 'title', p_contact.title,
        'email', p_contact.email, 'phone', p_contact.phone, 'locale', p_contact.locale,
        'channels', (select coalesce(json_agg(json_build_object('channel', h.channel, 'address', h.address, 'label', h.label) order by h.place), '[]'::json)
                       from crm.contact_channel h where h.tenant_id = p_contact.tenant_id and h.contact_id = p_contact.contact_id),
        'preferred_channel', p_contact.preferred_channel,
        'quiet_hours', case when p_contact.quiet_from is not null then json_build_object(
            'from', to_char(p_contact.quiet_from, 'HH24:MI'), 'to', to_char(p_contact.quiet_to, 'HH24:MI'), 'zone', p_contact.quiet_zone) end,
        'interests', to_json(p_contact.interests), 'relations', p_contact.relations,
        'created_at', core.rfc3339(p_contact.created_at), 'changed_at', core.rfc3339(p_contact.changed_at));
end $$;
comment on function crm.contact_document(crm.contact) is 'A contact as replies show it; the server cuts it for others than staff.';

-- The person in the columns of a row, from a body or a patch; what the body does not name stays.
create or replace function crm.contact_told(p_tenant uuid, p_contact crm.contact, p_body jsonb) returns crm.contact
    language plpgsql stable
    as $$
declare
    v_contact crm.contact := p_contact;
    v_quiet jsonb := nullif(p_body -> 'quiet_hours', 'null');
    v_place integer;
begin
    v_contact.name := core.patched(p_body, 'name', p_contact.name);
    v_contact.title := core.patched(p_body, 'title', p_contact.title);
    v_contact.email := core.patched(p_body, 'email', p_contact.email);
    v_contact.phone := core.patched(p_body, 'phone', p_contact.phone);
    v_contact.locale := core.patched(p_body, 'locale', p_contact.locale);
    v_contact.preferred_channel := core.patched(p_body, 'preferred_channel', p_contact.preferred_channel);
    if p_body ? 'interests' then
        v_contact.interests := array(select distinct t from jsonb_array_elements_text(coalesce(nullif(p_body -> 'interests', 'null'), '[]')) t);
    end if;
    if p_body ? 'relations' then
        v_contact.relations := coalesce(nullif(p_body -> 'relations', 'null'), '[]');
        select r.ordinality - 1 into v_place
          from jsonb_array_elements(v_contact.relations) with ordinality r
         where (r.value ->> 'contact_id' is null) = (r.value ->> 'name' is null)
            or (r.value ->> 'contact_id' is not null and not exists (select from crm.contact c where c.tenant_id = p_tenant
                                                                       and c.contact_id = (r.value ->> 'contact_id')::uuid))
         order by r.ordinality
         limit 1;
        if found then
            raise exception using errcode = 'PN422', message = 'crm/relation_unclear', column = '/relations/' || v_place,
                detail = 'Name either a contact of yours by contact_id or somebody else by name.';
        end if;
    end if;
    if p_body ? 'quiet_hours' then
        if v_quiet is not null and not ((v_quiet ->> 'from') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and (v_quiet ->> 'to') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') then
            raise exception using errcode = 'PN422', message = 'crm/hour_invalid', column = '/quiet_hours',
                detail = 'Hours are told as HH:MM, from 00:00 to 23:59.';
        elsif v_quiet is not null and not exists (select from core.zone z where z.zone = v_quiet ->> 'zone') then
            raise exception using errcode = 'PN422', message = 'crm/zone_unknown', column = '/quiet_hours/zone', detail = 'There is no such zone.';
        end if;
        v_contact.quiet_from := (v_quiet ->> 'from')::time;
        v_contact.quiet_to := (v_quiet ->> 'to')::time;
        v_contact.quiet_zone := v_quiet ->> 'zone';
    end if;
    return v_contact;
end $$;
comment on function crm.contact_told(uuid, crm.contact, jsonb) is 'A contact''s row after a body or patch.';

-- Sets the further channels to exactly these; true when that changed something.
create or replace function crm.channels_set(p_tenant uuid, p_contact uuid, p_channels jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_new jsonb := coalesce(nullif(p_channels, 'null'), '[]');
    v_old jsonb := (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('channel', h.channel, 'address', h.address, 'label', h.label)) order by h.place), '[]')
                      from crm.contact_channel h where h.tenant_id = p_tenant and h.contact_id = p_contact);
begin
    if v_old = jsonb_strip_nulls(v_new) then
        return false;
    end if;
    delete from crm.contact_channel h where h.tenant_id = p_tenant and h.contact_id = p_contact;
    insert into crm.contact_channel (tenant_id, contact_id, place, channel, address, label)
    select p_tenant, p_contact, c.ordinality, c.value ->> 'channel', c.value ->> 'address', c.value ->> 'label'
      from jsonb_array_elements(v_new) with ordinality c;
    return true;
end $$;
comment on function crm.channels_set(uuid, uuid, jsonb) is 'Gives a contact these further channels and no others.';

create or replace function crm.contact_search_put(p_contact crm.contact) returns void
    language plpgsql volatile
    as $$
begin
    perform crm.api_search_put(p_contact.tenant_id, 'CONTACT', p_contact.contact_id, p_contact.account_id, p_contact.name,
        concat_ws(' ', p_contact.name, p_contact.title, p_contact.email,
                  (select string_agg(h.address, ' ' order by h.place) from crm.contact_channel h
                    where h.tenant_id = p_contact.tenant_id and h.contact_id = p_contact.contact_id and h.channel in ('EMAIL', 'WECHAT', 'CHAT'))),
        array(select p_contact.phone where p_contact.phone is not null
               union all
              select h.address from crm.contact_channel h
               where h.tenant_id = p_contact.tenant_id and h.contact_id = p_contact.contact_id and h.channel in ('PHONE', 'FAX', 'SMS')));
end $$;
comment on function crm.contact_search_put(crm.contact) is 'Lets search find a contact as it is now.';

create or replace function crm.contact_personal(p_body jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select coalesce(jsonb_object_agg(b.key, b.value), '{}') from jsonb_each(p_body) b where b.key not in ('account_id', 'locale') and b.value <> 'null' $$;
comment on function crm.contact_personal(jsonb) is 'What of a body about a contact is personal: the audit keeps digests of it.';

create or replace function crm.contact_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_contact crm.contact;
begin
    if not crm.api_account_is_known(p_tenant, (p_body ->> 'account_id')::uuid)
       or not crm.api_account_is_reached(p_tenant, p_reach, (p_body ->> 'account_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    end if;
    v_contact := crm.contact_told(p_tenant, null::crm.contact, jsonb_build_object('interests', null, 'relations', null) || p_body);
    insert into crm.contact (tenant_id, contact_id, account_id, name, title, email, phone, locale, preferred_channel, quiet_from, quiet_to,
                             quiet_zone, interests, relations, created_by)
    values (p_tenant, core.uuidv7(), (p_body ->> 'account_id')::uuid, v_contact.name, v_contact.title, v_contact.email, v_contact.phone,
            v_contact.locale, v_contact.preferred_channel, v_contact.quiet_from, v_contact.quiet_to, v_contact.quiet_zone,
            v_contact.interests, v_contact.relations, p_actor)
    returning * into v_contact;
    perform crm.channels_set(p_tenant, v_contact.contact_id, p_body -> 'channels');
    perform crm.contact_search_put(v_contact);
    perform audit.api_note(p_tenant, p_context, 'contact', v_contact.contact_id, jsonb_build_object('account_id', v_contact.account_id,
        'locale', v_contact.locale, 'personal', crm.contact_personal(p_body)));
    perform core.api_event(p_tenant, 'crm.contact.created', 'contact', v_contact.contact_id, jsonb_build_object('account_id', v_contact.account_id));
    return crm.contact_document(v_contact);
end $$;
comment on function crm.contact_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes a contact at an account that the caller reaches.';

create or replace function crm.contact_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_contact uuid, p_if_match text, p_patch jsonb,
                                             out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.contact;
    v_new crm.contact;
    v_changes jsonb;
    v_are_channels_new boolean := false;
begin
    select * into v_old from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact for update;
    if not found or not crm.api_account_is_reached(p_tenant, p_reach, v_old.account_id) then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := crm.contact_told(p_tenant, v_old, p_patch);
    if p_patch ? 'account_id' then
        v_new.account_id := (p_patch ->> 'account_id')::uuid;
        if not crm.api_account_is_known(p_tenant, v_new.account_id) or not crm.api_account_is_reached(p_tenant, p_reach, v_new.account_id) then
            raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
                detail = 'There is no account with this id.';
        end if;
    end if;
    if p_patch ? 'channels' then
        v_are_channels_new := crm.channels_set(p_tenant, p_contact, p_patch -> 'channels');
    end if;
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if v_changes is not null or v_are_channels_new then
        update crm.contact c
           set account_id = v_new.account_id, name = v_new.name, title = v_new.title, email = v_new.email, phone = v_new.phone,
               locale = v_new.locale, preferred_channel = v_new.preferred_channel, quiet_from = v_new.quiet_from, quiet_to = v_new.quiet_to,
               quiet_zone = v_new.quiet_zone, interests = v_new.interests, relations = v_new.relations,
               version = c.version + 1, changed_at = clock_timestamp()
         where c.tenant_id = p_tenant and c.contact_id = p_contact
        returning * into v_new;
        perform crm.contact_search_put(v_new);
        perform audit.api_note(p_tenant, p_context, 'contact', p_contact, jsonb_build_object('personal',
            coalesce(v_changes, '{}') || case when v_are_channels_new then jsonb_build_object('channels', p_patch -> 'channels') else '{}' end));
        perform core.api_event(p_tenant, 'crm.contact.changed', 'contact', p_contact, jsonb_build_object('account_id', v_new.account_id));
    end if;
    body := crm.contact_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.contact_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Changes a contact by a merge patch; null when the caller reaches none.';

create or replace function crm.contact_delete(p_tenant uuid, p_context jsonb, p_reach jsonb, p_contact uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_old crm.contact;
begin
    select * into v_old from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact for update;
    if not found or not crm.api_account_is_reached(p_tenant, p_reach, v_old.account_id) then
        return null;
    end if;
    perform crm.api_search_drop(p_tenant, array[p_contact]);
    delete from crm.consent c where c.tenant_id = p_tenant and c.contact_id = p_contact;
    delete from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact;
    perform core.api_event(p_tenant, 'crm.contact.deleted', 'contact', p_contact, jsonb_build_object('account_id', v_old.account_id));
    return audit.api_note(p_tenant, p_context, 'contact', p_contact, jsonb_build_object('account_id', v_old.account_id, 'deleted', true));
end $$;
comment on function crm.contact_delete(uuid, jsonb, jsonb, uuid) is 'Deletes a contact and what it agreed to; null when the caller reaches none.';

-- Contacts with this phone, however it is written.
create or replace function crm.contacts_by_phone(p_tenant uuid, p_phone text) returns uuid[]
    language plpgsql stable
    as $$
begin
    return array(select p.object_id from crm.search_phones(p_tenant, crm.phone_asked(p_phone)) p);
end $$;
comment on function crm.contacts_by_phone(uuid, text) is 'Ids of contacts (and accounts) with a phone number like this.';

grant execute on function crm.contact_document(crm.contact), crm.contact_told(uuid, crm.contact, jsonb), crm.channels_set(uuid, uuid, jsonb),
    crm.contact_search_put(crm.contact), crm.contact_personal(jsonb), crm.contact_create(uuid, uuid, jsonb, jsonb, jsonb),
    crm.contact_patch(uuid, jsonb, jsonb, uuid, text, jsonb), crm.contact_delete(uuid, jsonb, jsonb, uuid), crm.contacts_by_phone(uuid, text) to hansa_app;
