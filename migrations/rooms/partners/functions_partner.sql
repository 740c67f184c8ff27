-- A tenant's own relations: who may see them, what they serve, how they come and go.

-- People of the partner itself, or of a customer: they see a relation of theirs without what the tenant thinks of it, and change nothing.
create or replace function partners.is_outsider(p_reach jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_reach ->> 'kind' in ('PARTNER', 'ACCOUNT'), false) $$;
comment on function partners.is_outsider(jsonb) is 'Is the caller one of the partner''s own people, and none of the tenant''s?';

drop function if exists partners.partner_document(partners.partner, jsonb);
create or replace function partners.partner_document(p_partner partners.partner) returns json
    language sql stable
    as $$ select json_build_object('partner_id', p_partner.partner_id, 'account_id', p_partner.partner_id,
                                   'organisation', partners.api_organisation_short(p_partner.org_id), 'state', p_partner.state,
                                   'state_reason', p_partner.state_reason,
                                   'state_at', core.rfc3339(p_partner.state_at), 'network_role', p_partner.network_role,
                                   'modes', p_partner.modes, 'equipment', p_partner.equipment, 'services', p_partner.services,
                                   'lanes', p_partner.lanes, 'credentials', p_partner.credentials,
                                   'notes', p_partner.notes,
                                   'score', p_partner.score,
                                   'clerk', crm.api_clerk(p_partner.tenant_id, p_partner.partner_id), 'created_at', core.rfc3339(p_partner.created_at)) $$;
comment on function partners.partner_document(partners.partner) is 'A relation as replies show it; the server cuts it for others than staff.';

-- --- lanes ---

-- NL, NLRTM or NL-3011 (a country with the beginning of a postcode).
create or replace function partners.lane_place(p_text text, p_name text) returns jsonb
    language plpgsql immutable
    as $$
begin
    if p_text !~ '^[A-Z]{2}([A-Z2-9]{3}|-[0-9A-Za-z ]{1,10})?$' then
        raise exception using errcode = 'PN400', message = 'core/malformed', column = p_name,
            detail = 'Expected a country, a UN/LOCODE, or a country with the beginning of a postcode: NL, NLRTM, NL-3011.';
    end if;
    return jsonb_strip_nulls(jsonb_build_object('country', left(p_text, 2),
        'unlocode', case when length(p_text) = 5 and p_text !~ '-' then p_text end,
        'postcode', case when p_text ~ '-' then upper(substr(p_text, 4)) end));
end $$;
comment on function partners.lane_place(text, text) is 'A place as a question for lanes names it; null for null.';

-- What neither side says does not part them.
create or replace function partners.lane_touches(p_end jsonb, p_asked jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_asked is null
              or (p_end ->> 'country' = p_asked ->> 'country'
                  and coalesce(p_end ->> 'unlocode' = p_asked ->> 'unlocode', true)
                  and coalesce(starts_with(upper(p_end ->> 'postcode'), p_asked ->> 'postcode')
                               or starts_with(p_asked ->> 'postcode', upper(p_end ->> 'postcode')), true)), false) $$;
comment on function partners.lane_touches(jsonb, jsonb) is 'Does an end of a lane cover the place that was asked for, as far as both say?';

create or replace function partners.lane_serves(p_lanes jsonb, p_from jsonb, p_to jsonb, p_mode text) returns boolean
    language sql immutable parallel safe
    as $$ select exists (select from jsonb_array_elements(p_lanes) l (lane)
                          where partners.lane_touches(l.lane -> 'from', p_from) and partners.lane_touches(l.lane -> 'to', p_to)
                            and coalesce(l.lane -> 'modes' ? p_mode, true)) $$;
comment on function partners.lane_serves(jsonb, jsonb, jsonb, text) is 'Is there one lane among them from here to there, by this mode if one is asked for?';

-- --- changes ---

create or replace function partners.partner_check(p_body jsonb) returns void
    language plpgsql immutable
    as $$
declare
    v_place integer;
    v_end text;
begin
    select l.place - 1, e.name into v_place, v_end
      from jsonb_array_elements(nullif(p_body -> 'lanes', 'null')) with ordinality l (lane, place), unnest('{from,to}'::text[]) e (name)
     where left(l.lane -> e.name ->> 'unlocode', 2) <> l.lane -> e.name ->> 'country'
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'partners/lane_unclear', column = format('/lanes/%s/%s/unlocode', v_place, v_end),
            detail = 'The UN/LOCODE lies in another country.';
    end if;
    select c.place - 1, case when c.one ->> 'valid_from' > c.one ->> 'valid_to' then 'valid_to' else 'currency' end into v_place, v_end
      from jsonb_array_elements(nullif(p_body -> 'credentials', 'null')) with ordinality c (one, place)
     where c.one ->> 'valid_from' > c.one ->> 'valid_to' or (c.one ->> 'amount' is null) <> (c.one ->> 'currency' is null)
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'partners/credential_unclear', column = format('/credentials/%s/%s', v_place, v_end),
            detail = 'It ends before it begins, or has an amount without currency or a currency without amount.';
    end if;
end $$;
comment on function partners.partner_check(jsonb) is 'Refuses lanes and credentials that cannot be.';

-- An array of the body; what is not named stays, null empties.
create or replace function partners.texts_patched(p_patch jsonb, p_name text, p_old text[]) returns text[]
    language sql immutable parallel safe
    as $$ select case when not p_patch ? p_name then p_old
                      else array(select distinct t.word from jsonb_array_elements_text(nullif(p_patch -> p_name, 'null')) t (word) order by 1) end $$;

create or replace function partners.partner_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_account uuid := (p_body ->> 'account_id')::uuid;
    v_org uuid;
    v_partner partners.partner;
begin
    if partners.is_outsider(p_reach) then
        raise exception using errcode = 'PN403', message = 'core/forbidden';
    elsif not crm.api_account_is_reached(p_tenant, p_reach, v_account)
       or not exists (select from crm.v_account a where a.tenant_id = p_tenant and a.account_id = v_account) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    elsif not exists (select from crm.v_account a where a.tenant_id = p_tenant and a.account_id = v_account and a.kind in ('PARTNER', 'SUPPLIER')) then
        raise exception using errcode = 'PN422', message = 'partners/account_is_no_partner', column = '/account_id',
            detail = 'The account is neither of kind PARTNER nor SUPPLIER.';
    end if;
    select coalesce(o.same_as, o.org_id) into v_org from partners.organisation o where o.org_id = (p_body ->> 'org_id')::uuid;
    if not found then
        raise exception using errcode = 'PN422', message = 'partners/no_such_organisation', column = '/org_id',
            detail = 'There is no organisation with this id.';
    end if;
    perform partners.partner_check(p_body);
    insert into partners.partner (tenant_id, partner_id, org_id, network_role, modes, equipment, services, lanes, credentials, notes, created_by)
    values (p_tenant, v_account, v_org, p_body ->> 'network_role', partners.texts_patched(p_body, 'modes', '{}'),
            partners.texts_patched(p_body, 'equipment', '{}'), partners.texts_patched(p_body, 'services', '{}'),
            coalesce(nullif(p_body -> 'lanes', 'null'), '[]'), coalesce(nullif(p_body -> 'credentials', 'null'), '[]'), p_body ->> 'notes', p_actor)
    returning * into v_partner;
    perform audit.api_note(p_tenant, p_context, 'partner', v_account, (p_body - 'notes')
        || jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('notes', v_partner.notes))));
    perform core.api_event(p_tenant, 'partners.partner.created', 'partner', v_account, jsonb_build_object('org_id', v_org, 'state', v_partner.state));
    return partners.partner_document(v_partner);
end $$;
comment on function partners.partner_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Begins a relation, as CANDIDATE, through an account that the caller reaches.';

-- The relation locked, or nothing when the caller does not reach it; outsiders are refused.
create or replace function partners.partner_held(p_tenant uuid, p_reach jsonb, p_partner uuid) returns partners.partner
    language plpgsql volatile
    as $$
declare
    v_partner partners.partner;
begin
    select * into v_partner from partners.partner p where p.tenant_id = p_tenant and p.partner_id = p_partner for update;
    if not found or not crm.api_account_is_reached(p_tenant, p_reach, p_partner) then
        return null;
    elsif partners.is_outsider(p_reach) then
        raise exception using errcode = 'PN403', message = 'core/forbidden';
    end if;
    return v_partner;
end $$;
comment on function partners.partner_held(uuid, jsonb, uuid) is 'A relation that the caller may change, locked.';

create or replace function partners.partner_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_partner uuid, p_if_match text, p_patch jsonb,
                                                  out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old partners.partner := partners.partner_held(p_tenant, p_reach, p_partner);
    v_new partners.partner;
    v_changes jsonb;
begin
    if v_old.partner_id is null then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    perform partners.partner_check(p_patch);
    v_new := v_old;
    v_new.network_role := core.patched(p_patch, 'network_role', v_old.network_role);
    v_new.modes := partners.texts_patched(p_patch, 'modes', v_old.modes);
    v_new.equipment := partners.texts_patched(p_patch, 'equipment', v_old.equipment);
    v_new.services := partners.texts_patched(p_patch, 'services', v_old.services);
    v_new.lanes := case when p_patch ? 'lanes' then coalesce(nullif(p_patch -> 'lanes', 'null'), '[]') else v_old.lanes end;
    v_new.credentials := case when p_patch ? 'credentials' then coalesce(nullif(p_patch -> 'credentials', 'null'), '[]') else v_old.credentials end;
    v_new.notes := core.patched(p_patch, 'notes', v_old.notes);
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(v_new)) n join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value is distinct from o.value;
    if v_changes is not null then
        update partners.partner p
           set network_role = v_new.network_role, modes = v_new.modes, equipment = v_new.equipment, services = v_new.services,
               lanes = v_new.lanes, credentials = v_new.credentials, notes = v_new.notes, version = p.version + 1
         where p.tenant_id = p_tenant and p.partner_id = p_partner
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'partner', p_partner, (v_changes - 'notes')
            || jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('notes', v_changes -> 'notes'))));
    end if;
    body := partners.partner_document(v_new);
    version := v_new.version;
end $$;
comment on function partners.partner_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Changes a relation by a merge patch; body is null when the caller reaches none.';

-- --- life cycle ---

create or replace function partners.partner_may_become(p_from text, p_to text) returns boolean
    language sql immutable parallel safe
    as $$ select (p_from, p_to) in (('CANDIDATE', 'QUALIFIED'), ('CANDIDATE', 'ENDED'), ('QUALIFIED', 'ACTIVE'), ('QUALIFIED', 'ENDED'),
                                    ('ACTIVE', 'SUSPENDED'), ('ACTIVE', 'ENDED'), ('SUSPENDED', 'ACTIVE'), ('SUSPENDED', 'ENDED')) $$;
comment on function partners.partner_may_become(text, text) is 'The life cycle of a relation; who comes back after the end begins anew with another account.';

create or replace function partners.partner_move(p_tenant uuid, p_context jsonb, p_reach jsonb, p_partner uuid, p_body jsonb,
                                                 out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old partners.partner := partners.partner_held(p_tenant, p_reach, p_partner);
    v_to text := p_body ->> 'to';
    v_new partners.partner;
begin
    if v_old.partner_id is null then
        return;
    elsif not partners.partner_may_become(v_old.state, v_to) then
        raise exception using errcode = 'PN409', message = 'partners/transition_impossible', column = '/to',
            detail = format('A partner that is %s cannot become %s.', v_old.state, v_to),
            hint = core.steps(array(select s from unnest('{QUALIFIED,ACTIVE,SUSPENDED,ENDED}'::text[]) s where partners.partner_may_become(v_old.state, s)));
    elsif v_to in ('SUSPENDED', 'ENDED') and p_body ->> 'reason' is null then
        raise exception using errcode = 'PN422', message = 'partners/reason_missing', column = '/reason', detail = 'Say why.';
    elsif v_to = 'ACTIVE' and cardinality(partners.credentials_run_out(p_tenant, v_old.credentials)) > 0 then
        raise exception using errcode = 'PN409', message = 'partners/credential_expired',
            detail = array_to_string(partners.credentials_run_out(p_tenant, v_old.credentials), '; ') || '. Take the new one down, or the old one away.';
    end if;
    update partners.partner p
       set state = v_to, state_reason = p_body ->> 'reason', state_at = clock_timestamp(), version = p.version + 1
     where p.tenant_id = p_tenant and p.partner_id = p_partner
    returning * into v_new;
    perform audit.api_note(p_tenant, p_context, 'partner', p_partner, jsonb_build_object(
        'state', jsonb_build_object('old', v_old.state, 'new', v_to),
        'personal', jsonb_strip_nulls(jsonb_build_object('reason', p_body ->> 'reason'))));
    perform core.api_event(p_tenant, 'partners.partner.' || lower(v_to), 'partner', p_partner,
                           jsonb_build_object('org_id', v_new.org_id, 'from', v_old.state, 'to', v_to));
    body := partners.partner_document(v_new);
    version := v_new.version;
end $$;
comment on function partners.partner_move(uuid, jsonb, jsonb, uuid, jsonb) is 'Leads a relation to another state, if its life cycle has that step.';

create or replace function partners.rating_document(p_rating partners.rating) returns json
    language sql stable
    as $$ select json_build_object('rating_id', p_rating.rating_id, 'score', p_rating.score, 'reasons', p_rating.reasons,
                                   'rated_at', core.rfc3339(p_rating.rated_at), 'rated_by', p_rating.rated_by) $$;
comment on function partners.rating_document(partners.rating) is 'A rating as replies show it.';

create or replace function partners.rating_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_partner uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_partner partners.partner := partners.partner_held(p_tenant, p_reach, p_partner);
    v_rating partners.rating;
begin
    if v_partner.partner_id is null then
        return null;
    end if;
    insert into partners.rating (tenant_id, rating_id, partner_id, score, reasons, rated_by)
    values (p_tenant, core.uuidv7(), p_partner, (p_body ->> 'score')::smallint, p_body -> 'reasons', p_actor)
    returning * into v_rating;
    update partners.partner p set score = v_rating.score, version = p.version + 1 where p.tenant_id = p_tenant and p.partner_id = p_partner;
    perform audit.api_note(p_tenant, p_context, 'partner', p_partner, jsonb_build_object('rating_id', v_rating.rating_id, 'score', v_rating.score,
        'personal', jsonb_build_object('reasons', p_body -> 'reasons')));
    perform core.api_event(p_tenant, 'partners.partner.rated', 'partner', p_partner, jsonb_build_object('rating_id', v_rating.rating_id, 'score', v_rating.score));
    return partners.rating_document(v_rating);
end $$;
comment on function partners.rating_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Takes down what is thought of a partner, and why; null when the caller reaches none.';

grant execute on function partners.is_outsider(jsonb), partners.partner_document(partners.partner), partners.lane_place(text, text),
    partners.lane_touches(jsonb, jsonb), partners.lane_serves(jsonb, jsonb, jsonb, text), partners.partner_check(jsonb),
    partners.texts_patched(jsonb, text, text[]), partners.partner_create(uuid, uuid, jsonb, jsonb, jsonb),
    partners.partner_held(uuid, jsonb, uuid), partners.partner_patch(uuid, jsonb, jsonb, uuid, text, jsonb),
    partners.partner_may_become(text, text), partners.partner_move(uuid, jsonb, jsonb, uuid, jsonb),
    partners.rating_document(partners.rating), partners.rating_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) to hansa_app;
