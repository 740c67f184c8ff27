-- What room crm holds of a person, and how it is erased (room privacy asks; decision 0021).

create or replace function crm.api_person_find(p_tenant uuid, p_ids uuid[], p_emails text[]) returns table (id uuid, email text, name text)
    language plpgsql stable
    as $$
begin
    return query
        select c.contact_id, lower(c.email), c.name from crm.contact c
         where c.tenant_id = p_tenant and (c.contact_id = any (p_ids) or lower(c.email) = any (p_emails));
end $$;
comment on function crm.api_person_find(uuid, uuid[], text[]) is 'Contacts by id or e-mail (lower case).';

create or replace function crm.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
begin
    return jsonb_build_object(
        'crm.contact', (select jsonb_agg(to_jsonb(c) - 'tenant_id' order by c.contact_id)
                          from crm.contact c where c.tenant_id = p_tenant and c.contact_id = any (v_ids)),
        'crm.consent', (select jsonb_agg(to_jsonb(c) - 'tenant_id' order by c.consent_id)
                          from crm.consent c where c.tenant_id = p_tenant and c.contact_id = any (v_ids)));
end $$;
comment on function crm.api_person_held(uuid, jsonb) is 'Rows that room crm holds of a person, by table.';

create or replace function crm.api_person_erase(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
    v_contacts integer;
    v_consents integer;
begin
    update crm.contact c
       set name = 'Erased', title = null, email = null, phone = null, locale = null, version = c.version + 1
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_contacts = row_count;
    -- that somebody once agreed is proof of what was done meanwhile: purpose and times stay, where it was said does not
    update crm.consent c set source = 'erased', withdrawn_at = coalesce(c.withdrawn_at, greatest(now(), c.granted_at))
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_consents = row_count;
    return jsonb_build_object('crm.contact', v_contacts, 'crm.consent', v_consents);
end $$;
comment on function crm.api_person_erase(uuid, jsonb) is 'Takes the person out of contacts and ends what they agreed to.';

grant execute on function crm.api_person_find(uuid, uuid[], text[]), crm.api_person_held(uuid, jsonb), crm.api_person_erase(uuid, jsonb) to hansa_app;
