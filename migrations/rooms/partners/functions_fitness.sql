-- May a partner be given work? Whatever gives it (an award, a leg, a paper, a shipment) asks here, so that one rule holds at every door
-- (decision 0050). Suspended or ended: never. Insurance, licence or certificate run out: as the tenant has set it.

create or replace function partners.expired_credentials(p_tenant uuid) returns text
    language plpgsql stable
    as $$
begin
    return coalesce((select s.expired_credentials from partners.setting s where s.tenant_id = p_tenant), 'WARN');
end $$;
comment on function partners.expired_credentials(uuid) is 'WARN or REFUSE: what becomes of work for a partner whose papers have run out.';

create or replace function partners.setting_set(p_tenant uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_old text := partners.expired_credentials(p_tenant);
    v_new text := p_body ->> 'expired_credentials';
begin
    insert into partners.setting as s (tenant_id, expired_credentials) values (p_tenant, v_new)
        on conflict (tenant_id) do update set expired_credentials = excluded.expired_credentials, changed_at = clock_timestamp()
     where s.expired_credentials <> excluded.expired_credentials;
    if v_new <> v_old then
        perform audit.api_note(p_tenant, p_context, 'partner_settings', null, jsonb_build_object(
            'expired_credentials', jsonb_build_object('old', v_old, 'new', v_new)));
    end if;
    return partners.setting_document(p_tenant);
end $$;
comment on function partners.setting_set(uuid, jsonb, jsonb) is 'Sets how the tenant deals with its partners; answers all of it.';

create or replace function partners.setting_document(p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('expired_credentials', partners.expired_credentials(p_tenant),
               'changed_at', (select core.rfc3339(s.changed_at) from partners.setting s where s.tenant_id = p_tenant));
end $$;
comment on function partners.setting_document(uuid) is 'The settings as replies show them.';

-- One that was renewed under the same kind and name has not run out.
create or replace function partners.credentials_run_out(p_tenant uuid, p_credentials jsonb) returns text[]
    language plpgsql stable
    as $$
declare
    v_today date := (now() at time zone coalesce((select t.zone from identity.v_tenant t where t.id = p_tenant), 'UTC'))::date;
begin
    return array(
        select initcap(c.one ->> 'kind') || ' ' || (c.one ->> 'name') || coalesce(' (' || (c.one ->> 'number') || ')', '') || ' ran out on '
               || (c.one ->> 'valid_to')
          from jsonb_array_elements(p_credentials) with ordinality c (one, place)
         where (c.one ->> 'valid_to')::date < v_today
           and not exists (select from jsonb_array_elements(p_credentials) r (one)
                            where r.one ->> 'kind' = c.one ->> 'kind' and lower(r.one ->> 'name') = lower(c.one ->> 'name')
                              and coalesce((r.one ->> 'valid_from')::date <= v_today, true)
                              and coalesce((r.one ->> 'valid_to')::date >= v_today, true))
         order by c.place);
end $$;
comment on function partners.credentials_run_out(uuid, jsonb) is 'In words which credentials have run out, by the calendar of the tenant, and since when; empty: none.';

-- The relations that an account or a carrier code stands for.
create or replace function partners.relations_named(p_tenant uuid, p_account uuid, p_scac text) returns setof partners.partner
    language plpgsql stable
    as $$
begin
    return query
        select p.* from partners.partner p
         where p.tenant_id = p_tenant and p.partner_id = any (crm.api_accounts_of_carrier(p_tenant, p_account, p_scac))
         order by p.partner_id;
end $$;
comment on function partners.relations_named(uuid, uuid, text) is 'The relations of an account and of the accounts that have a carrier code; often none.';

create or replace function partners.api_work_warnings(p_tenant uuid, p_account uuid, p_scac text) returns text[]
    language plpgsql stable
    as $$
begin
    return array(
        select a.name || ': ' || w.words
          from partners.relations_named(p_tenant, p_account, p_scac) p
          join crm.v_account a on a.tenant_id = p_tenant and a.account_id = p.partner_id
         cross join lateral unnest(partners.credentials_run_out(p_tenant, p.credentials)) with ordinality w (words, place)
         order by p.partner_id, w.place);
end $$;
comment on function partners.api_work_warnings(uuid, uuid, text) is
    'What stands, in words, against work for the carrier with this account or code: what has run out, and since when. Empty: nothing.';

create or replace function partners.api_standing_told(p_tenant uuid, p_account uuid, p_scac text) returns text
    language plpgsql stable
    as $$
begin
    return (
        select a.name || ' is ' || p.state || ' since ' || to_char(p.state_at at time zone 'UTC', 'YYYY-MM-DD') || coalesce(': ' || p.state_reason, '')
               || case when p.state_reason ~ '[.!?]$' then '' else '.' end
          from partners.relations_named(p_tenant, p_account, p_scac) p
          join crm.v_account a on a.tenant_id = p_tenant and a.account_id = p.partner_id
         where p.state in ('SUSPENDED', 'ENDED')
         order by p.partner_id limit 1);
end $$;
comment on function partners.api_standing_told(uuid, uuid, text) is 'That a partner is suspended or ended, since when and why; null when it is neither.';

create or replace function partners.api_work_refusal(p_tenant uuid, p_account uuid) returns text
    language plpgsql stable
    as $$
begin
    perform partners.api_work_demand(p_tenant, null, p_account, null, '');
    return null;
exception when sqlstate 'PN409' then
    return coalesce((partners.api_standing_told(p_tenant, p_account, null)), array_to_string(partners.api_work_warnings(p_tenant, p_account, null), '; '));
end $$;
comment on function partners.api_work_refusal(uuid, uuid) is 'Why the account is to be given no work, in words; null when it may be.';

-- Others than the house learn that it is not to be, not why: state_reason is the house's own word.
create or replace function partners.api_work_demand(p_tenant uuid, p_reach jsonb, p_account uuid, p_scac text, p_pointer text) returns void
    language plpgsql stable
    as $$
declare
    v_standing text := partners.api_standing_told(p_tenant, p_account, p_scac);
    v_warnings text[];
begin
    if v_standing is not null then
        raise exception using errcode = 'PN409', message = 'partners/partner_status', column = p_pointer,
            detail = case when partners.is_outsider(p_reach) then 'This carrier is given no work at present.' else v_standing end;
    elsif partners.expired_credentials(p_tenant) = 'REFUSE' then
        v_warnings := partners.api_work_warnings(p_tenant, p_account, p_scac);
        if cardinality(v_warnings) > 0 then
            raise exception using errcode = 'PN409', message = 'partners/credential_expired', column = p_pointer,
                detail = case when p_reach ->> 'kind' = 'ACCOUNT' then 'This carrier is given no work at present.'
                              else array_to_string(v_warnings, '; ') || '. Take the renewed one down first.' end;
        end if;
    end if;
end $$;
comment on function partners.api_work_demand(uuid, jsonb, uuid, text, text) is
    'Raises 409 when the carrier is not to be given work: suspended or ended, or papers run out where the tenant refuses that.';

grant execute on function partners.expired_credentials(uuid), partners.setting_set(uuid, jsonb, jsonb), partners.setting_document(uuid),
    partners.credentials_run_out(uuid, jsonb), partners.relations_named(uuid, uuid, text), partners.api_work_warnings(uuid, uuid, text),
    partners.api_standing_told(uuid, uuid, text), partners.api_work_refusal(uuid, uuid), partners.api_work_demand(uuid, jsonb, uuid, text, text) to hansa_app;
