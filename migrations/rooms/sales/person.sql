-- What room sales holds of a person, and how it is erased (room privacy asks; decision 0021).

create or replace function sales.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
begin
    return jsonb_build_object(
        'sales.opportunity', (select jsonb_agg(to_jsonb(o) - 'tenant_id' order by o.opportunity_id)
                                from sales.opportunity o where o.tenant_id = p_tenant and o.contact_id = any (v_ids)),
        'sales.quote', (select jsonb_agg(to_jsonb(q) - 'tenant_id' - 'secret_hash' order by q.quote_id)
                          from sales.quote q where q.tenant_id = p_tenant and (q.contact_id = any (v_ids) or q.decided_by = any (v_ids))));
end $$;
comment on function sales.api_person_held(uuid, jsonb) is 'Rows that room sales holds of a person, by table; no secrets.';

create or replace function sales.api_person_erase(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_ids uuid[] := array(select i::uuid from jsonb_array_elements_text(p_person -> 'ids') i);
    v_opportunities integer;
    v_quotes integer;
begin
    update sales.opportunity o set contact_id = null, version = o.version + 1 where o.tenant_id = p_tenant and o.contact_id = any (v_ids);
    get diagnostics v_opportunities = row_count;
    -- what was offered and agreed is a contract's record: it stays; who said yes does not
    update sales.quote q set contact_id = null, decided_name = null, version = q.version + 1
     where q.tenant_id = p_tenant and (q.contact_id = any (v_ids) or q.decided_by = any (v_ids));
    get diagnostics v_quotes = row_count;
    return jsonb_build_object('sales.opportunity', v_opportunities, 'sales.quote', v_quotes);
end $$;
comment on function sales.api_person_erase(uuid, jsonb) is 'Takes the person out of opportunities and quotes; what was agreed stays.';

grant execute on function sales.api_person_held(uuid, jsonb), sales.api_person_erase(uuid, jsonb) to hansa_app;
