-- What contacts agreed to.

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

grant execute on function crm.consent_document(crm.consent), crm.consent_note(uuid, uuid, jsonb, jsonb, uuid, jsonb) to hansa_app;
