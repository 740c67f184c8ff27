-- Accounts: writing them, with the audit's note, the event and what search finds them by; and their document.

create or replace function crm.is_outsider(p_reach jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_reach ->> 'kind' in ('ACCOUNT', 'PARTNER'), false) $$;
comment on function crm.is_outsider(jsonb) is 'Is the caller of a customer''s or partner''s people?';

drop function if exists crm.account_document(crm.account, jsonb);
create or replace function crm.account_document(p_account crm.account) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'account_id', p_account.account_id, 'kind', p_account.kind, 'code', p_account.customer_code, 'name', p_account.name,
        'scac', p_account.scac, 'parent_id', p_account.parent_id, 'industry', p_account.industry, 'country', p_account.country,
        'phone', p_account.phone, 'website', p_account.website,
        'owner_id', p_account.owner_id, 'unit_id', p_account.unit_id,
        'clerk', case when p_account.owner_id is not null then identity.api_clerk(p_account.tenant_id, p_account.owner_id) end,
        'tags', (select coalesce(json_agg(t.tag order by t.tag), '[]'::json) from crm.account_tag t
                  where t.tenant_id = p_account.tenant_id and t.account_id = p_account.account_id),
        'lifecycle', p_account.lifecycle,
        'credit', json_build_object(
            'grade', p_account.credit_grade, 'limit', p_account.credit_limit::text, 'currency', p_account.credit_currency,
            'hold', p_account.hold, 'hold_reason', p_account.hold_reason),
        'created_at', core.rfc3339(p_account.created_at), 'changed_at', core.rfc3339(p_account.changed_at));
end $$;
comment on function crm.account_document(crm.account) is 'An account as replies show it; the server cuts it for others than staff.';

-- What room orders asks before it confirms: may this customer buy on account?
create or replace function crm.api_account_credit(p_tenant uuid, p_account uuid, out hold text, out credit_limit numeric, out credit_currency text)
    language plpgsql stable
    as $$
begin
    select a.hold, a.credit_limit, a.credit_currency into hold, credit_limit, credit_currency
      from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account;
end $$;
comment on function crm.api_account_credit(uuid, uuid) is 'Hold (GOOD, WATCH, HOLD; null: no such account), limit and its currency (null: none set).';

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
comment on function crm.assignment_check(uuid, jsonb) is 'Raises when owner_id or unit_id of a body names nobody of the tenant.';

-- The tree has no circles: whoever moves an account locks the tenant's tree first, then walks up from the new parent.
create or replace function crm.parent_check(p_tenant uuid, p_reach jsonb, p_account uuid, p_parent uuid) returns void
    language plpgsql volatile
    as $$
declare
    v_up uuid := p_parent;
    v_steps integer := 0;
begin
    if p_parent is null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('crm.account tree ' || p_tenant, 0));
    if not crm.api_account_is_known(p_tenant, p_parent) or not crm.api_account_is_reached(p_tenant, p_reach, p_parent) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/parent_id',
            detail = 'There is no account with this id.';
    end if;
    while v_up is not null loop
        v_steps := v_steps + 1;
        if v_up = p_account or v_steps > 20 then
            raise exception using errcode = 'PN422', message = 'crm/parent_circle', column = '/parent_id',
                detail = case when v_up = p_account then 'The account would stand above itself.' else 'At most twenty levels.' end;
        end if;
        v_up := (select a.parent_id from crm.account a where a.tenant_id = p_tenant and a.account_id = v_up);
    end loop;
end $$;
comment on function crm.parent_check(uuid, jsonb, uuid, uuid) is 'Raises when the parent is not there or the tree would have a circle.';

-- Sets the tags to exactly these; true when that changed something.
create or replace function crm.tags_set(p_tenant uuid, p_account uuid, p_tags jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_new text[] := array(select distinct t from jsonb_array_elements_text(coalesce(nullif(p_tags, 'null'), '[]')) t);
    v_gone integer;
    v_come integer;
begin
    delete from crm.account_tag t where t.tenant_id = p_tenant and t.account_id = p_account and t.tag <> all (v_new);
    get diagnostics v_gone = row_count;
    insert into crm.account_tag (tenant_id, account_id, tag) select p_tenant, p_account, t from unnest(v_new) t order by t
    on conflict do nothing;
    get diagnostics v_come = row_count;
    return v_gone + v_come > 0;
end $$;
comment on function crm.tags_set(uuid, uuid, jsonb) is 'Gives an account these tags and no others.';

create or replace function crm.account_search_put(p_account crm.account) returns void
    language plpgsql volatile
    as $$
begin
    perform crm.api_search_put(p_account.tenant_id, 'ACCOUNT', p_account.account_id, p_account.account_id, p_account.name,
        concat_ws(' ', p_account.name, p_account.customer_code, p_account.scac, p_account.website),
        array_remove(array[p_account.phone], null));
end $$;
comment on function crm.account_search_put(crm.account) is 'Lets search find an account as it is now.';

create or replace function crm.account_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_account crm.account;
begin
    perform crm.assignment_check(p_tenant, p_body);
    perform crm.parent_check(p_tenant, null, null, (p_body ->> 'parent_id')::uuid);
    insert into crm.account (tenant_id, account_id, kind, customer_code, name, scac, owner_id, unit_id, parent_id, industry, country, phone,
                             website, lifecycle, created_by)
    values (p_tenant, core.uuidv7(), coalesce(p_body ->> 'kind', 'CUSTOMER'), p_body ->> 'code', p_body ->> 'name', p_body ->> 'scac',
            (p_body ->> 'owner_id')::uuid, (p_body ->> 'unit_id')::uuid, (p_body ->> 'parent_id')::uuid, p_body ->> 'industry',
            p_body ->> 'country', p_body ->> 'phone', p_body ->> 'website', p_body ->> 'lifecycle', p_actor)
    returning * into v_account;
    perform crm.tags_set(p_tenant, v_account.account_id, p_body -> 'tags');
    perform crm.account_search_put(v_account);
    perform audit.api_note(p_tenant, p_context, 'account', v_account.account_id, p_body);
    perform core.api_event(p_tenant, 'crm.account.created', 'account', v_account.account_id, jsonb_build_object('kind', v_account.kind));
    return crm.account_document(v_account);
end $$;
comment on function crm.account_create(uuid, uuid, jsonb, jsonb) is 'Makes an account.';

create or replace function crm.api_account_create(p_tenant uuid, p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
begin
    return (crm.account_create(p_tenant, null, '{}', p_body) ->> 'account_id')::uuid;
end $$;
comment on function crm.api_account_create(uuid, jsonb) is 'Makes an account for another room, of account_create.json; answers its id.';

-- One way into a row that is to be changed: locked, reached, and of the version that If-Match names; null when it is not there.
create or replace function crm.account_to_change(p_tenant uuid, p_reach jsonb, p_account uuid, p_if_match text) returns crm.account
    language plpgsql volatile
    as $$
declare
    v_account crm.account;
begin
    select * into v_account from crm.account a where a.tenant_id = p_tenant and a.account_id = p_account for update;
    if not found or not crm.api_account_is_reached(p_tenant, p_reach, p_account) then
        return null;
    elsif not core.is_match(p_if_match, v_account.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    return v_account;
end $$;
comment on function crm.account_to_change(uuid, jsonb, uuid, text) is 'The account, locked; null when the caller reaches none.';

create or replace function crm.account_assign(p_tenant uuid, p_context jsonb, p_account uuid, p_if_match text, p_body jsonb,
                                              out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.account := crm.account_to_change(p_tenant, null, p_account, p_if_match);
    v_new crm.account;
begin
    if v_old.account_id is null then
        return;
    end if;
    perform crm.assignment_check(p_tenant, p_body);
    v_new := v_old;
    v_new.owner_id := (p_body ->> 'owner_id')::uuid;
    v_new.unit_id := (p_body ->> 'unit_id')::uuid;
    if v_new is distinct from v_old then
        update crm.account a set owner_id = v_new.owner_id, unit_id = v_new.unit_id, version = a.version + 1, changed_at = clock_timestamp()
         where a.tenant_id = p_tenant and a.account_id = p_account
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'account', p_account, jsonb_build_object(
            'owner_id', jsonb_build_object('old', v_old.owner_id, 'new', v_new.owner_id),
            'unit_id', jsonb_build_object('old', v_old.unit_id, 'new', v_new.unit_id)));
        perform core.api_event(p_tenant, 'crm.account.assigned', 'account', p_account,
                               jsonb_build_object('owner_id', v_new.owner_id, 'unit_id', v_new.unit_id));
    end if;
    body := crm.account_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.account_assign(uuid, jsonb, uuid, text, jsonb) is 'Sets who looks after an account; null when there is none.';

create or replace function crm.api_changes_of(p_old jsonb, p_new jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select jsonb_object_agg(n.key, jsonb_build_object('old', p_old -> n.key, 'new', n.value))
            from jsonb_each(p_new) n
           where n.value is distinct from p_old -> n.key and n.key not in ('version', 'changed_at', 'name_key', 'tenant_id') $$;
comment on function crm.api_changes_of(jsonb, jsonb) is 'What differs between two states of a row, for the audit: {column: {old, new}}; null when nothing does.';

create or replace function crm.account_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_account uuid, p_if_match text, p_patch jsonb,
                                             out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.account := crm.account_to_change(p_tenant, p_reach, p_account, p_if_match);
    v_new crm.account;
    v_changes jsonb;
    v_are_tags_new boolean := false;
begin
    if v_old.account_id is null then
        return;
    elsif p_patch ? 'scac' and p_reach is not null and p_reach <> 'null' and p_patch ->> 'scac' is distinct from v_old.scac then
        raise exception using errcode = 'PN403', message = 'core/forbidden', column = '/scac', detail = 'That says what others reach; it is for who reaches the whole tenant.';
    end if;
    v_new := v_old;
    v_new.kind := core.patched(p_patch, 'kind', v_old.kind);
    v_new.customer_code := core.patched(p_patch, 'code', v_old.customer_code);
    v_new.name := core.patched(p_patch, 'name', v_old.name);
    v_new.scac := core.patched(p_patch, 'scac', v_old.scac);
    v_new.parent_id := core.patched(p_patch, 'parent_id', v_old.parent_id::text)::uuid;
    v_new.industry := core.patched(p_patch, 'industry', v_old.industry);
    v_new.country := core.patched(p_patch, 'country', v_old.country);
    v_new.phone := core.patched(p_patch, 'phone', v_old.phone);
    v_new.website := core.patched(p_patch, 'website', v_old.website);
    v_new.lifecycle := core.patched(p_patch, 'lifecycle', v_old.lifecycle);
    if v_new.parent_id is distinct from v_old.parent_id then
        perform crm.parent_check(p_tenant, p_reach, p_account, v_new.parent_id);
    end if;
    if p_patch ? 'tags' then
        v_are_tags_new := crm.tags_set(p_tenant, p_account, p_patch -> 'tags');
    end if;
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if v_changes is not null or v_are_tags_new then
        update crm.account a
           set kind = v_new.kind, customer_code = v_new.customer_code, name = v_new.name, scac = v_new.scac, parent_id = v_new.parent_id,
               industry = v_new.industry, country = v_new.country, phone = v_new.phone, website = v_new.website,
               lifecycle = v_new.lifecycle, version = a.version + 1, changed_at = clock_timestamp()
         where a.tenant_id = p_tenant and a.account_id = p_account
        returning * into v_new;
        if v_changes is not null then
            perform crm.account_search_put(v_new);
        end if;
        perform audit.api_note(p_tenant, p_context, 'account', p_account,
            coalesce(v_changes, '{}') || case when v_are_tags_new then jsonb_build_object('tags', p_patch -> 'tags') else '{}' end);
        perform core.api_event(p_tenant, 'crm.account.changed', 'account', p_account,
                               jsonb_build_object('kind', v_new.kind, 'lifecycle', v_new.lifecycle));
    end if;
    body := crm.account_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.account_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Changes an account by a merge patch; null when the caller reaches none.';

-- Credit has its own door: a patch of the address cannot lift a hold by the way, and only who reaches the whole tenant decides.
create or replace function crm.account_credit_set(p_tenant uuid, p_context jsonb, p_account uuid, p_if_match text, p_body jsonb,
                                                  out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.account := crm.account_to_change(p_tenant, null, p_account, p_if_match);
    v_new crm.account;
    v_changes jsonb;
begin
    if v_old.account_id is null then
        return;
    elsif p_body ->> 'hold' <> 'GOOD' and p_body ->> 'hold_reason' is null then
        raise exception using errcode = 'PN422', message = 'crm/hold_needs_reason', column = '/hold_reason',
            detail = 'Say why the account is watched or held.';
    elsif (p_body ->> 'limit' is null) <> (p_body ->> 'currency' is null) then
        raise exception using errcode = 'PN422', message = 'crm/limit_unclear', column = case when p_body ->> 'limit' is null then '/limit' else '/currency' end,
            detail = 'A limit is an amount and a currency.';
    elsif (p_body ->> 'limit')::numeric < 0 or (p_body ->> 'limit')::numeric >= 1e14 then
        raise exception using errcode = 'PN422', message = 'crm/limit_unclear', column = '/limit',
            detail = 'From 0 to below 100000000000000.';
    end if;
    v_new := v_old;
    v_new.credit_grade := p_body ->> 'grade';
    v_new.credit_limit := (p_body ->> 'limit')::numeric;
    v_new.credit_currency := p_body ->> 'currency';
    v_new.hold := p_body ->> 'hold';
    v_new.hold_reason := p_body ->> 'hold_reason';
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if v_changes is not null then
        update crm.account a
           set credit_grade = v_new.credit_grade, credit_limit = v_new.credit_limit, credit_currency = v_new.credit_currency,
               hold = v_new.hold, hold_reason = v_new.hold_reason, version = a.version + 1, changed_at = clock_timestamp()
         where a.tenant_id = p_tenant and a.account_id = p_account
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'account', p_account, v_changes);
        perform core.api_event(p_tenant, 'crm.account.credit_changed', 'account', p_account, jsonb_build_object(
            'hold', v_new.hold, 'hold_before', v_old.hold, 'grade', v_new.credit_grade, 'limit', v_new.credit_limit::text,
            'currency', v_new.credit_currency));
    end if;
    body := crm.account_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.account_credit_set(uuid, jsonb, uuid, text, jsonb) is 'Sets credit grade, limit and hold; the audit keeps every change. Null when there is no such account.';

-- A page of the list. One dynamic statement, made of the filters that are given: no plan made beforehand suits all of them.
create or replace function crm.accounts_page(p_tenant uuid, p_reach jsonb, p_filters jsonb, p_after text, p_most integer) returns uuid[]
    language plpgsql stable
    as $$
declare
    v_sql text := 'select a.account_id from crm.account a where a.tenant_id = $1 and a.account_id < $2';
    v_accounts uuid[] := case when p_reach is not null then crm.api_accounts_reached(p_tenant, p_reach) end;
    v_prefix text := lower(p_filters ->> 'name_prefix');
    v_found uuid[];
begin
    v_sql := v_sql
        || case when v_accounts is not null then ' and a.account_id = any ($4)' else '' end
        || case when p_filters ->> 'kind' is not null then ' and a.kind = $5 ->> ''kind''' else '' end
        || case when p_filters ->> 'code' is not null then ' and a.customer_code = $5 ->> ''code''' else '' end
        || case when p_filters ->> 'hold' is not null then ' and a.hold = ' || quote_literal(p_filters ->> 'hold') else '' end
        || case when p_filters ->> 'owner_id' is not null then ' and a.owner_id = ($5 ->> ''owner_id'')::uuid' else '' end
        || case when p_filters ->> 'unit_id' is not null then ' and a.unit_id = ($5 ->> ''unit_id'')::uuid' else '' end
        || case when p_filters ->> 'parent_id' is not null then ' and a.parent_id = ($5 ->> ''parent_id'')::uuid' else '' end
        || case when p_filters ->> 'lifecycle' is not null then ' and a.lifecycle = $5 ->> ''lifecycle''' else '' end
        || case when p_filters ->> 'updated_since' is not null then ' and a.changed_at >= ($5 ->> ''updated_since'')::timestamptz' else '' end
        || case when v_prefix is not null then ' and a.name_key >= $6 and a.name_key < $6 || chr(1114109)' else '' end
        || case when p_filters ->> 'tag' is not null then
               ' and a.account_id = any (array(select t.account_id from crm.account_tag t where t.tenant_id = $1 and t.tag = $5 ->> ''tag''))' else '' end;
    execute 'select array(' || v_sql || ' order by a.account_id desc limit $3)' into v_found
      using p_tenant, coalesce(p_after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), p_most, v_accounts, p_filters, v_prefix;
    return v_found;
end $$;
comment on function crm.accounts_page(uuid, jsonb, jsonb, text, integer) is 'The newest accounts below p_after that the caller reaches and all filters admit.';

grant execute on function crm.api_account_create(uuid, jsonb), crm.is_outsider(jsonb), crm.account_document(crm.account), crm.api_account_credit(uuid, uuid),
    crm.assignment_check(uuid, jsonb), crm.parent_check(uuid, jsonb, uuid, uuid), crm.tags_set(uuid, uuid, jsonb),
    crm.account_search_put(crm.account), crm.account_create(uuid, uuid, jsonb, jsonb), crm.account_to_change(uuid, jsonb, uuid, text),
    crm.account_assign(uuid, jsonb, uuid, text, jsonb), crm.api_changes_of(jsonb, jsonb),
    crm.account_patch(uuid, jsonb, jsonb, uuid, text, jsonb), crm.account_credit_set(uuid, jsonb, uuid, text, jsonb),
    crm.accounts_page(uuid, jsonb, jsonb, text, integer) to hansa_app;
