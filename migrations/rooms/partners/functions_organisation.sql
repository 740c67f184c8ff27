-- The common directory. Who may write what: a tenant its own entry, and for a week those that it entered; the operator any.

create or replace function partners.organisation_document(p_org partners.organisation, p_tenant uuid) returns json
    language sql stable
    as $$ select json_build_object('org_id', p_org.org_id, 'legal_name', p_org.legal_name, 'country', p_org.country,
                                   'registration_no', p_org.registration_no, 'gln', p_org.gln, 'scac', p_org.scac, 'iata_no', p_org.iata_no,
                                   'fmc_no', p_org.fmc_no, 'is_on_platform', p_org.of_tenant is not null,
                                   'is_own', p_org.of_tenant is not distinct from p_tenant, 'is_listed', p_org.is_listed, 'phone', p_org.phone,
                                   'is_checked', p_org.checked_at is not null, 'same_as', p_org.same_as,
                                   'created_at', core.rfc3339(p_org.created_at)) $$;
comment on function partners.organisation_document(partners.organisation, uuid) is
    'An entry as replies show it: whose tenant it is and who entered it are not told.';

create or replace function partners.organisation_enter(p_tenant uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_most constant integer := 500;
    v_org partners.organisation;
begin
    perform sandbox.api_demand_firm(p_tenant);
    if coalesce(p_reach ->> 'kind' in ('PARTNER', 'ACCOUNT'), false) then
        raise exception using errcode = 'PN403', message = 'core/forbidden';
    elsif jsonb_strip_nulls(p_body) - '{legal_name,country}'::text[] = '{}' then
        raise exception using errcode = 'PN422', message = 'partners/identifier_missing', column = '',
            detail = 'Give one number at least by which others know the organisation.';
    elsif (select count(*) from partners.organisation o
            where o.entered_by_tenant = p_tenant and o.created_at > now() - interval '1 day') >= v_most then
        raise exception using errcode = 'PN409', message = 'partners/too_many_entries',
            detail = format('A tenant may enter %s organisations a day.', v_most);
    end if;
    insert into partners.organisation (org_id, legal_name, country, registration_no, gln, scac, iata_no, fmc_no, entered_by_tenant, is_listed)
    values (core.uuidv7(), p_body ->> 'legal_name', p_body ->> 'country', p_body ->> 'registration_no', p_body ->> 'gln', p_body ->> 'scac',
            p_body ->> 'iata_no', p_body ->> 'fmc_no', p_tenant, true)
    returning * into v_org;
    perform audit.api_note(p_tenant, p_context, 'organisation', v_org.org_id, p_body);
    return partners.organisation_document(v_org, p_tenant);
end $$;
comment on function partners.organisation_enter(uuid, jsonb, jsonb, jsonb) is 'Enters an organisation that is no tenant; identifiers that an entry has already are refused.';

-- Raises when the tenant may not change the entry at all.
create or replace function partners.organisation_demand(p_tenant uuid, p_org partners.organisation, p_is_operator boolean) returns void
    language plpgsql stable
    as $$
begin
    if p_is_operator or p_org.of_tenant = p_tenant then
        return;
    elsif p_org.entered_by_tenant is distinct from p_tenant then
        raise exception using errcode = 'PN403', message = 'partners/organisation_not_yours',
            detail = 'An entry is changed by the organisation itself, by who entered it, or by the operator.';
    elsif p_org.checked_at is not null or p_org.same_as is not null or p_org.created_at < now() - interval '7 days' then
        raise exception using errcode = 'PN403', message = 'partners/organisation_settled',
            detail = 'An entry that is a week old or was checked is changed by the operator only.';
    end if;
end $$;

create or replace function partners.organisation_patch(p_tenant uuid, p_context jsonb, p_org uuid, p_if_match text, p_patch jsonb, p_is_operator boolean,
                                                       out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old partners.organisation;
    v_new partners.organisation;
    v_changes jsonb;
begin
    perform sandbox.api_demand_firm(p_tenant);
    select * into v_old from partners.organisation o where o.org_id = p_org;
    if not found then
        return;
    end if;
    perform partners.organisation_demand(p_tenant, v_old, p_is_operator);
    select * into v_old from partners.organisation o where o.org_id = p_org for update;
    if not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.legal_name := core.patched(p_patch, 'legal_name', v_old.legal_name);
    v_new.country := core.patched(p_patch, 'country', v_old.country);
    v_new.registration_no := core.patched(p_patch, 'registration_no', v_old.registration_no);
    v_new.gln := core.patched(p_patch, 'gln', v_old.gln);
    v_new.scac := core.patched(p_patch, 'scac', v_old.scac);
    v_new.iata_no := core.patched(p_patch, 'iata_no', v_old.iata_no);
    v_new.fmc_no := core.patched(p_patch, 'fmc_no', v_old.fmc_no);
    v_new.phone := core.patched(p_patch, 'phone', v_old.phone);
    v_new.is_listed := coalesce((p_patch ->> 'is_listed')::boolean, v_old.is_listed);
    v_new.checked_at := case (p_patch ->> 'is_checked')::boolean when true then coalesce(v_old.checked_at, now()) when false then null
                             else v_old.checked_at end;
    if v_old.checked_at is not null and not p_is_operator
       and (v_new.country, v_new.registration_no, v_new.gln, v_new.scac, v_new.iata_no, v_new.fmc_no)
           is distinct from (v_old.country, v_old.registration_no, v_old.gln, v_old.scac, v_old.iata_no, v_old.fmc_no) then
        raise exception using errcode = 'PN403', message = 'partners/organisation_checked',
            detail = 'The operator has looked these numbers up; it alone changes them.';
    end if;
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(v_new)) n join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value is distinct from o.value;
    if v_changes is not null then
        update partners.organisation o
           set legal_name = v_new.legal_name, country = v_new.country, registration_no = v_new.registration_no, gln = v_new.gln,
               scac = v_new.scac, iata_no = v_new.iata_no, fmc_no = v_new.fmc_no, phone = v_new.phone, is_listed = v_new.is_listed,
               checked_at = v_new.checked_at, version = o.version + 1, changed_at = clock_timestamp()
         where o.org_id = p_org
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'organisation', p_org, v_changes);
    end if;
    body := partners.organisation_document(v_new, p_tenant);
    version := v_new.version;
end $$;
comment on function partners.organisation_patch(uuid, jsonb, uuid, text, jsonb, boolean) is 'Changes an entry by a merge patch; body is null when there is none.';

-- Somebody had entered a firm that is a tenant, or a firm twice: relations to the one count as relations to the other from now on.
create or replace function partners.organisation_merge(p_tenant uuid, p_context jsonb, p_org uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_into uuid := (p_body ->> 'into')::uuid;
    v_from partners.organisation;
    v_kept partners.organisation;
begin
    -- in the order of their ids, so that two merges cannot wait for one another
    perform from partners.organisation o where o.org_id in (p_org, v_into) order by o.org_id for update;
    select * into v_from from partners.organisation o where o.org_id = p_org;
    if not found then
        return null;
    end if;
    select * into v_kept from partners.organisation o where o.org_id = v_into;
    if not found or v_into = p_org or v_kept.same_as is not null then
        raise exception using errcode = 'PN422', message = 'partners/merge_target_unknown', column = '/into',
            detail = 'There is no other entry with this id that stands for itself.';
    elsif v_from.of_tenant is not null or v_from.same_as is not null
          or exists (select from partners.organisation o where o.same_as = p_org) then
        raise exception using errcode = 'PN409', message = 'partners/merge_impossible',
            detail = 'A tenant''s own entry, one that was merged before, and one that others were merged into stay as they are.';
    end if;
    update partners.organisation o
       set same_as = v_into, registration_no = null, gln = null, scac = null, iata_no = null, fmc_no = null, is_listed = false,
           version = o.version + 1, changed_at = clock_timestamp()
     where o.org_id = p_org;
    update partners.organisation o
       set country = coalesce(v_kept.country, v_from.country),
           registration_no = case when coalesce(v_kept.country, v_from.country) = v_from.country
                                  then coalesce(v_kept.registration_no, v_from.registration_no) else v_kept.registration_no end,
           gln = coalesce(v_kept.gln, v_from.gln), scac = coalesce(v_kept.scac, v_from.scac),
           iata_no = coalesce(v_kept.iata_no, v_from.iata_no), fmc_no = coalesce(v_kept.fmc_no, v_from.fmc_no),
           is_listed = true, version = o.version + 1, changed_at = clock_timestamp()
     where o.org_id = v_into
    returning * into v_kept;
    perform audit.api_note(p_tenant, p_context, 'organisation', p_org, jsonb_build_object('same_as', v_into));
    return partners.organisation_document(v_kept, p_tenant);
end $$;
comment on function partners.organisation_merge(uuid, jsonb, uuid, jsonb) is
    'Says that an entry that is no tenant''s is the same organisation as another, which takes over the numbers it lacks.';

grant execute on function partners.organisation_document(partners.organisation, uuid), partners.organisation_enter(uuid, jsonb, jsonb, jsonb),
    partners.organisation_demand(uuid, partners.organisation, boolean),
    partners.organisation_patch(uuid, jsonb, uuid, text, jsonb, boolean), partners.organisation_merge(uuid, jsonb, uuid, jsonb) to hansa_app;
