-- Accounts, contacts and consents: writing them, with the audit's note, and their documents.

create or replace function crm.account_document(p_account crm.account) returns json
    language sql stable
    as $$ select json_build_object('account_id', p_account.account_id, 'kind', p_account.kind, 'code', p_account.customer_code,
                                   'name', p_account.name, 'scac', p_account.scac, 'owner_id', p_account.owner_id,
                                   'unit_id', p_account.unit_id, 'created_at', core.rfc3339(p_account.created_at)) $$;
comment on function crm.account_document(crm.account) is 'An account as replies show it.';

-- Owner and unit must be the tenant's own.
create or replace function crm.assignment_check(p_tenant uuid, p_body jsonb) returns void
    language plpgsql stable
    as $$
begin
    if p_body ->> 'owner_id' is not null
       and not exists (select from identity.v_app_user u where u.tenant_id = p_tenant and u.user_id = (p_body ->> 'owner_id')::uuid
                          and u.audience = 'STAFF' and u.status <> 'DISABLED') then
        raise exception using errcode = 'PN422', message = 'crm/owner_not_found', column = '/owner_id',
            detail = 'Nobody of your staff has this id.';
    elsif p_body ->> 'unit_id' is not null
       and not exists (select from identity.v_org_unit u where u.tenant_id = p_tenant and u.unit_id = (p_body ->> 'unit_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'crm/unit_not_found', column = '/unit_id', detail = 'There is no unit with this id.';
    end if;
end $$;

create or replace function crm.account_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_account crm.account;
begin
    perform crm.assignment_check(p_tenant, p_body);
    insert into crm.account (tenant_id, account_id, kind, customer_code, name, scac, owner_id, unit_id, created_by)
    values (p_tenant, core.uuidv7(), coalesce(p_body ->> 'kind', 'CUSTOMER'), p_body ->> 'code', p_body ->> 'name', p_body ->> 'scac',
            (p_body ->> 'owner_id')::uuid, (p_body ->> 'unit_id')::uuid, p_actor)
    returning * into v_account;
    perform audit.api_note(p_tenant, p_context, 'account', v_account.account_id, p_body);
    return crm.account_document(v_account);
end $$;
comment on function crm.account_create(uuid, uuid, jsonb, jsonb) is 'Makes an account.';

create or replace function crm.account_assign(p_tenant uuid, p_context jsonb, p_account uuid, p_if_match text, p_body jsonb,
                                              out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.account;
    v_new crm.account;
begin
    select * into v_old from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account for update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    perform crm.assignment_check(p_tenant, p_body);
    v_new := v_old;
    v_new.owner_id := (p_body ->> 'owner_id')::uuid;
    v_new.unit_id := (p_body ->> 'unit_id')::uuid;
    if v_new is distinct from v_old then
        update crm.account a set owner_id = v_new.owner_id, unit_id = v_new.unit_id, version = a.version + 1
         where a.tenant_id = p_tenant and a.account_id = p_account
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'account', p_account, jsonb_build_object(
            'owner_id', jsonb_build_object('old', v_old.owner_id, 'new', v_new.owner_id),
            'unit_id', jsonb_build_object('old', v_old.unit_id, 'new', v_new.unit_id)));
    end if;
    body := crm.account_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.account_assign(uuid, jsonb, uuid, text, jsonb) is 'Sets who looks after an account; null when there is none.';

-- --- contacts ---

create or replace function crm.contact_document(p_contact crm.contact) returns json
    language sql stable
    as $$ select json_build_object('contact_id', p_contact.contact_id, 'account_id', p_contact.account_id, 'name', p_contact.name,
                                   'title', p_contact.title, 'email', p_contact.email, 'phone', p_contact.phone,
                                   'locale', p_contact.locale, 'created_at', core.rfc3339(p_contact.created_at)) $$;
comment on function crm.contact_document(crm.contact) is 'A contact as replies show it.';

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
    insert into crm.contact (tenant_id, contact_id, account_id, name, title, email, phone, locale, created_by)
    values (p_tenant, core.uuidv7(), (p_body ->> 'account_id')::uuid, p_body ->> 'name', p_body ->> 'title', p_body ->> 'email',
            p_body ->> 'phone', p_body ->> 'locale', p_actor)
    returning * into v_contact;
    perform audit.api_note(p_tenant, p_context, 'contact', v_contact.contact_id, jsonb_build_object('account_id', v_contact.account_id,
        'locale', v_contact.locale, 'personal', jsonb_strip_nulls(jsonb_build_object('name', v_contact.name, 'title', v_contact.title,
        'email', v_contact.email, 'phone', v_contact.phone))));
    return crm.contact_document(v_contact);
end $$;
comment on function crm.contact_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes a contact at an account that the caller reaches.';

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
    delete from crm.consent c where c.tenant_id = p_tenant and c.contact_id = p_contact;
    delete from crm.contact c where c.tenant_id = p_tenant and c.contact_id = p_contact;
    return audit.api_note(p_tenant, p_context, 'contact', p_contact, jsonb_build_object('account_id', v_old.account_id, 'deleted', true));
end $$;
comment on function crm.contact_delete(uuid, jsonb, jsonb, uuid) is 'Deletes a contact and what it agreed to; null when the caller reaches none.';

-- --- consents ---

create or replace function crm.consent_document(p_consent crm.consent) returns json
    language sql stable
    as $$ select json_build_object('consent_id', p_consent.consent_id, 'contact_id', p_consent.contact_id, 'purpose', p_consent.purpose,
                                   'source', p_consent.source, 'granted_at', core.rfc3339(p_consent.granted_at),
                                   'withdrawn_at', core.rfc3339(p_consent.withdrawn_at)) $$;
comment on function crm.consent_document(crm.consent) is 'A consent as replies show it.';

-- Giving what stands already, and taking back what does not stand, changes nothing.
create or replace function crm.consent_note(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_contact uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_consent crm.consent;
begin
    perform from crm.contact c
      where c.tenant_id = p_tenant and c.contact_id = p_contact and crm.api_account_is_reached(p_tenant, p_reach, c.account_id)
        for update;
    if not found then
        return null;
    end if;
    select * into v_consent from crm.consent c
     where c.tenant_id = p_tenant and c.contact_id = p_contact and c.purpose = p_body ->> 'purpose' and c.withdrawn_at is null;
    if found and p_body ->> 'answer' = 'NO' then
        update crm.consent c set withdrawn_at = now()
         where c.tenant_id = p_tenant and c.consent_id = v_consent.consent_id
        returning * into v_consent;
    elsif not found and p_body ->> 'answer' = 'YES' then
        insert into crm.consent (tenant_id, consent_id, contact_id, purpose, source, granted_at, noted_by)
        values (p_tenant, core.uuidv7(), p_contact, p_body ->> 'purpose', p_body ->> 'source', now(), p_actor)
        returning * into v_consent;
    elsif not found then
        raise exception using errcode = 'PN409', message = 'crm/consent_not_given', column = '/purpose',
            detail = 'There is no consent for this purpose that could be taken back.';
    else
        return crm.consent_document(v_consent);
    end if;
    perform audit.api_note(p_tenant, p_context, 'contact', p_contact, jsonb_build_object('consent_id', v_consent.consent_id,
        'purpose', v_consent.purpose, 'answer', p_body -> 'answer', 'personal', jsonb_build_object('source', p_body -> 'source')));
    return crm.consent_document(v_consent);
end $$;
comment on function crm.consent_note(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Notes a yes or a no for a purpose; null when the caller reaches no such contact.';

grant execute on function crm.account_document(crm.account), crm.assignment_check(uuid, jsonb), crm.account_create(uuid, uuid, jsonb, jsonb),
    crm.account_assign(uuid, jsonb, uuid, text, jsonb), crm.contact_document(crm.contact), crm.contact_create(uuid, uuid, jsonb, jsonb, jsonb),
    crm.contact_delete(uuid, jsonb, jsonb, uuid), crm.consent_document(crm.consent), crm.consent_note(uuid, uuid, jsonb, jsonb, uuid, jsonb)
    to hansa_app;
