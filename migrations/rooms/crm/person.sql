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
        'crm.contact_channel', (select jsonb_agg(to_jsonb(h) - 'tenant_id' order by h.contact_id, h.place)
                                  from crm.contact_channel h where h.tenant_id = p_tenant and h.contact_id = any (v_ids)),
        'crm.interaction', (select jsonb_agg(to_jsonb(i) - 'tenant_id' order by i.interaction_id)
                              from crm.interaction i where i.tenant_id = p_tenant and i.contact_id = any (v_ids)),
        'crm.task', (select jsonb_agg(to_jsonb(t) - 'tenant_id' order by t.task_id)
                       from crm.task t where t.tenant_id = p_tenant and t.contact_id = any (v_ids)),
        'crm.search_entry', (select jsonb_agg(to_jsonb(e) - 'tenant_id' order by e.object_id)
                               from crm.search_entry e where e.tenant_id = p_tenant and e.object_id = any (v_ids)),
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
    v_channels integer;
    v_interactions integer;
    v_tasks integer;
    v_entries integer := (select count(*) from crm.search_entry e where e.tenant_id = p_tenant and e.object_id = any (v_ids));
begin
    update crm.contact c
       set name = 'Erased', title = null, email = null, phone = null, locale = null, preferred_channel = null,
           quiet_from = null, quiet_to = null, quiet_zone = null, interests = '{}', relations = '[]', version = c.version + 1
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_contacts = row_count;
    -- that somebody once agreed is proof of what was done meanwhile: purpose and times stay, where it was said does not
    update crm.consent c set source = 'erased', withdrawn_at = coalesce(c.withdrawn_at, greatest(now(), c.granted_at))
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_consents = row_count;
    -- others may be told to be related to the person
    update crm.contact c
       set relations = (select coalesce(jsonb_agg(r), '[]') from jsonb_array_elements(c.relations) r where (r ->> 'contact_id')::uuid <> all (v_ids))
     where c.tenant_id = p_tenant
       and exists (select from jsonb_array_elements(c.relations) r where (r ->> 'contact_id')::uuid = any (v_ids));
    delete from crm.contact_channel h where h.tenant_id = p_tenant and h.contact_id = any (v_ids);
    get diagnostics v_channels = row_count;
    -- that there was a touch stays in the account's history; what was said does not
    update crm.interaction i set subject = null, summary = 'erased' where i.tenant_id = p_tenant and i.contact_id = any (v_ids);
    get diagnostics v_interactions = row_count;
    update crm.task t set title = 'erased', note = null, version = t.version + 1 where t.tenant_id = p_tenant and t.contact_id = any (v_ids);
    get diagnostics v_tasks = row_count;
    perform crm.api_search_drop(p_tenant, v_ids);
    return jsonb_build_object('crm.contact', v_contacts, 'crm.consent', v_consents, 'crm.contact_channel', v_channels,
                              'crm.interaction', v_interactions, 'crm.task', v_tasks, 'crm.search_entry', v_entries);
end $$;
comment on function crm.api_person_erase(uuid, jsonb) is 'Takes the person out of contacts and ends what they agreed to.';

grant execute on function crm.api_person_find(uuid, uuid[], text[]), crm.api_person_held(uuid, jsonb), crm.api_person_erase(uuid, jsonb) to hansa_app;
