-- Opportunities: chances of business. They are the staff's own; callers from outside have none.

create or replace function sales.is_staff(p_reach jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_reach ->> 'kind' not in ('ACCOUNT', 'PARTNER'), true) $$;
comment on function sales.is_staff(jsonb) is 'Is the caller of the tenant''s own people or systems?';

create or replace function sales.api_opportunity_is_reached(p_tenant uuid, p_reach jsonb, p_opportunity uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return sales.is_staff(p_reach)
       and exists (select from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity
                      and crm.api_account_is_reached(p_tenant, p_reach, o.account_id));
end $$;
comment on function sales.api_opportunity_is_reached(uuid, jsonb, uuid) is 'Is there such an opportunity, and does the caller reach it?';

create or replace function sales.opportunity_document(p_one sales.opportunity) returns json
    language sql stable
    as $$ select json_build_object('opportunity_id', p_one.opportunity_id, 'account_id', p_one.account_id, 'contact_id', p_one.contact_id,
                                   'owner_id', p_one.owner_id, 'name', p_one.name, 'stage', p_one.stage, 'lost_reason', p_one.lost_reason,
                                   'value', case when p_one.value is not null then json_build_object('amount', p_one.value::text, 'currency', p_one.currency) end,
                                   'probability', p_one.probability, 'close_date', p_one.close_date,
                                   'assessment', json_build_object('fit', p_one.fit, 'capability', p_one.capability, 'resources', p_one.resources,
                                                                   'influence', p_one.influence),
                                   'outsourcing_motive', p_one.outsourcing_motive, 'first_benefit', p_one.first_benefit, 'order_id', p_one.order_id,
                                   'stage_at', core.rfc3339(p_one.stage_at), 'created_at', core.rfc3339(p_one.created_at)) $$;
comment on function sales.opportunity_document(sales.opportunity) is 'An opportunity as replies show it.';

drop function if exists sales.amount_check(text, text);
create or replace function sales.amount_check(p_amount text, p_currency text, p_pointer text) returns void
    language plpgsql immutable
    as $$
begin
    if p_amount::numeric < 0 or p_amount::numeric >= 1e14 then
        raise exception using errcode = 'PN422', message = 'sales/amount_invalid', column = p_pointer, detail = 'From 0 to below 100000000000000.';
    elsif not core.is_payable(p_amount::numeric, p_currency) then
        raise exception using errcode = 'PN422', message = 'sales/amount_invalid', column = p_pointer,
            detail = format('Expected at most %s decimals: %s has no more.', core.currency_places(p_currency), p_currency);
    end if;
end $$;
comment on function sales.amount_check(text, text, text) is 'Raises when an amount of money is not one.';

create or replace function sales.staff_check(p_tenant uuid, p_user uuid) returns void
    language plpgsql stable
    as $$
begin
    if p_user is not null and not exists (select from identity.v_app_user u where u.tenant_id = p_tenant and u.user_id = p_user
                                             and u.audience = 'STAFF' and u.status <> 'DISABLED') then
        raise exception using errcode = 'PN422', message = 'sales/owner_not_found', column = '/owner_id', detail = 'Nobody of your staff has this id.';
    end if;
end $$;
comment on function sales.staff_check(uuid, uuid) is 'Raises when nobody of the staff has this id.';

-- Account and contact of a body; gives nothing, raises when the caller reaches no such account or the contact is not there.
create or replace function sales.customer_check(p_tenant uuid, p_reach jsonb, p_account uuid, p_contact uuid) returns void
    language plpgsql stable
    as $$
begin
    if not crm.api_account_is_known(p_tenant, p_account) or not crm.api_account_is_reached(p_tenant, p_reach, p_account) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id', detail = 'There is no account with this id.';
    elsif p_contact is not null and crm.api_contact_account(p_tenant, p_contact) is distinct from p_account then
        raise exception using errcode = 'PN422', message = 'crm/no_such_contact', column = '/contact_id',
            detail = 'There is no contact with this id at the account.';
    end if;
end $$;
comment on function sales.customer_check(uuid, jsonb, uuid, uuid) is 'Raises when account or contact of a body are not there.';

create or replace function sales.opportunity_told(p_tenant uuid, p_reach jsonb, p_one sales.opportunity, p_body jsonb) returns sales.opportunity
    language plpgsql stable
    as $$
declare
    v_one sales.opportunity := p_one;
    v_scores jsonb := jsonb_build_object('fit', p_one.fit, 'capability', p_one.capability, 'resources', p_one.resources, 'influence', p_one.influence);
begin
    v_one.contact_id := core.patched(p_body, 'contact_id', p_one.contact_id::text)::uuid;
    v_one.owner_id := core.patched(p_body, 'owner_id', p_one.owner_id::text)::uuid;
    v_one.name := core.patched(p_body, 'name', p_one.name);
    v_one.probability := core.patched(p_body, 'probability', p_one.probability::text)::smallint;
    v_one.close_date := core.patched(p_body, 'close_date', p_one.close_date::text)::date;
    v_one.outsourcing_motive := core.patched(p_body, 'outsourcing_motive', p_one.outsourcing_motive);
    v_one.first_benefit := core.patched(p_body, 'first_benefit', p_one.first_benefit);
    if p_body ? 'value' then
        perform sales.amount_check(p_body #>> '{value,amount}', p_body #>> '{value,currency}', '/value/amount');
        v_one.value := (p_body #>> '{value,amount}')::numeric;
        v_one.currency := p_body #>> '{value,currency}';
    end if;
    if p_body ? 'assessment' then
        v_scores := case when jsonb_typeof(p_body -> 'assessment') = 'object' then v_scores || (p_body -> 'assessment') else '{}' end;
        v_one.fit := (v_scores ->> 'fit')::smallint;
        v_one.capability := (v_scores ->> 'capability')::smallint;
        v_one.resources := (v_scores ->> 'resources')::smallint;
        v_one.influence := (v_scores ->> 'influence')::smallint;
    end if;
    perform sales.customer_check(p_tenant, p_reach, v_one.account_id, case when p_body ? 'contact_id' then v_one.contact_id end);
    perform sales.staff_check(p_tenant, case when p_body ? 'owner_id' then v_one.owner_id end);
    return v_one;
end $$;
comment on function sales.opportunity_told(uuid, jsonb, sales.opportunity, jsonb) is 'An opportunity''s row after a body or patch.';

create or replace function sales.opportunity_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns sales.opportunity
    language plpgsql volatile
    as $$
declare
    v_one sales.opportunity;
begin
    if not sales.is_staff(p_reach) then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'That is for the staff.';
    end if;
    v_one.account_id := (p_body ->> 'account_id')::uuid;
    v_one := sales.opportunity_told(p_tenant, p_reach, v_one, p_body);
    insert into sales.opportunity (tenant_id, opportunity_id, account_id, contact_id, owner_id, name, value, currency, probability, close_date, fit,
                                   capability, resources, influence, outsourcing_motive, first_benefit, created_by)
    values (p_tenant, core.uuidv7(), v_one.account_id, v_one.contact_id, v_one.owner_id, v_one.name, v_one.value, v_one.currency, v_one.probability,
            v_one.close_date, v_one.fit, v_one.capability, v_one.resources, v_one.influence, v_one.outsourcing_motive, v_one.first_benefit, p_actor)
    returning * into v_one;
    perform audit.api_note(p_tenant, p_context, 'opportunity', v_one.opportunity_id, p_body);
    perform core.api_event(p_tenant, 'sales.opportunity.created', 'opportunity', v_one.opportunity_id,
                           jsonb_build_object('account_id', v_one.account_id, 'stage', v_one.stage));
    return v_one;
end $$;
comment on function sales.opportunity_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes an opportunity at an account that the caller reaches.';

create or replace function sales.opportunity_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_opportunity uuid, p_if_match text, p_patch jsonb,
                                                   out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old sales.opportunity;
    v_new sales.opportunity;
    v_changes jsonb;
begin
    select * into v_old from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity for update;
    if not found or not sales.api_opportunity_is_reached(p_tenant, p_reach, p_opportunity) then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := sales.opportunity_told(p_tenant, p_reach, v_old, p_patch);
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if v_changes is not null then
        update sales.opportunity o
           set contact_id = v_new.contact_id, owner_id = v_new.owner_id, name = v_new.name, value = v_new.value, currency = v_new.currency,
               probability = v_new.probability, close_date = v_new.close_date, fit = v_new.fit, capability = v_new.capability,
               resources = v_new.resources, influence = v_new.influence, outsourcing_motive = v_new.outsourcing_motive,
               first_benefit = v_new.first_benefit, version = o.version + 1
         where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'opportunity', p_opportunity, v_changes);
        perform core.api_event(p_tenant, 'sales.opportunity.changed', 'opportunity', p_opportunity,
                               jsonb_build_object('account_id', v_new.account_id, 'stage', v_new.stage));
    end if;
    body := sales.opportunity_document(v_new);
    version := v_new.version;
end $$;
comment on function sales.opportunity_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Changes an opportunity by a merge patch; null when the caller reaches none.';

-- NEW > QUALIFIED > SOLUTION > QUOTED > NEGOTIATION > WON | LOST. One step on, any number back while it is open; won only after a quote;
-- lost from anywhere, with the reason. The order of the words is their place.
create or replace function sales.stage_place(p_stage text) returns integer
    language sql immutable parallel safe
    as $$ select array_position('{NEW,QUALIFIED,SOLUTION,QUOTED,NEGOTIATION,WON,LOST}'::text[], p_stage) $$;
comment on function sales.stage_place(text) is 'Place of a stage in the row, from 1.';

create or replace function sales.stage_is_allowed(p_from text, p_to text) returns boolean
    language sql immutable parallel safe
    as $$ select p_from not in ('WON', 'LOST')
                 and case p_to when 'WON' then p_from in ('QUOTED', 'NEGOTIATION') when 'LOST' then true
                               else sales.stage_place(p_to) <= sales.stage_place(p_from) + 1 end $$;
comment on function sales.stage_is_allowed(text, text) is 'May an opportunity go from this stage to that?';

-- p_order: the order by which it is won, if there is one.
create or replace function sales.stage_move(p_tenant uuid, p_context jsonb, p_opportunity uuid, p_stage text, p_reason text, p_order uuid)
    returns sales.opportunity
    language plpgsql volatile
    as $$
declare
    v_old sales.opportunity;
    v_new sales.opportunity;
begin
    select * into v_old from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity for update;
    update sales.opportunity o
       set stage = p_stage, lost_reason = case when p_stage = 'LOST' then p_reason end, order_id = coalesce(p_order, o.order_id),
           stage_at = clock_timestamp(), version = o.version + 1
     where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity
    returning * into v_new;
    perform audit.api_note(p_tenant, p_context, 'opportunity', p_opportunity, jsonb_strip_nulls(jsonb_build_object(
        'stage', jsonb_build_object('old', v_old.stage, 'new', p_stage), 'lost_reason', v_new.lost_reason, 'order_id', p_order)));
    perform core.api_event(p_tenant, 'sales.opportunity.' || lower(case when p_stage in ('WON', 'LOST') then p_stage else 'moved' end), 'opportunity',
                           p_opportunity, jsonb_build_object('account_id', v_new.account_id, 'stage', p_stage, 'stage_before', v_old.stage, 'order_id', p_order));
    return v_new;
end $$;
comment on function sales.stage_move(uuid, jsonb, uuid, text, text, uuid) is 'Moves an opportunity; who calls has looked whether it may.';

create or replace function sales.opportunity_stage(p_tenant uuid, p_context jsonb, p_reach jsonb, p_opportunity uuid, p_body jsonb,
                                                   out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_one sales.opportunity;
begin
    select * into v_one from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = p_opportunity for update;
    if not found or not sales.api_opportunity_is_reached(p_tenant, p_reach, p_opportunity) then
        return;
    elsif p_body ->> 'stage' = 'LOST' and p_body ->> 'reason' is null then
        raise exception using errcode = 'PN422', message = 'sales/reason_missing', column = '/reason', detail = 'Say why it was lost.';
    end if;
    if v_one.stage <> p_body ->> 'stage' then
        if not sales.stage_is_allowed(v_one.stage, p_body ->> 'stage') then
            raise exception using errcode = 'PN409', message = 'sales/stage_not_allowed', column = '/stage',
                detail = 'From ' || v_one.stage || ' it does not go to ' || (p_body ->> 'stage') || '.',
                hint = core.steps(array(select s from unnest('{NEW,QUALIFIED,SOLUTION,QUOTED,NEGOTIATION,WON,LOST}'::text[]) s where sales.stage_is_allowed(v_one.stage, s)));
        end if;
        v_one := sales.stage_move(p_tenant, p_context, p_opportunity, p_body ->> 'stage', p_body ->> 'reason', null);
    end if;
    body := sales.opportunity_document(v_one);
    version := v_one.version;
end $$;
comment on function sales.opportunity_stage(uuid, jsonb, jsonb, uuid, jsonb) is 'Moves an opportunity to a stage that it may go to; null when the caller reaches none.';

grant execute on function sales.is_staff(jsonb), sales.api_opportunity_is_reached(uuid, jsonb, uuid), sales.opportunity_document(sales.opportunity),
    sales.amount_check(text, text, text), sales.staff_check(uuid, uuid), sales.customer_check(uuid, jsonb, uuid, uuid),
    sales.opportunity_told(uuid, jsonb, sales.opportunity, jsonb), sales.opportunity_create(uuid, uuid, jsonb, jsonb, jsonb),
    sales.opportunity_patch(uuid, jsonb, jsonb, uuid, text, jsonb), sales.stage_place(text), sales.stage_is_allowed(text, text),
    sales.stage_move(uuid, jsonb, uuid, text, text, uuid), sales.opportunity_stage(uuid, jsonb, jsonb, uuid, jsonb) to hansa_app;
