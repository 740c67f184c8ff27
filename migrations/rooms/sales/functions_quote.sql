-- Quotes: made, sent, looked at, decided. DRAFT > SENT > VIEWED > ACCEPTED | REJECTED | EXPIRED > CONVERTED.

-- Who sees which of its members is said in quote.json.
drop function if exists sales.quote_document(sales.quote, boolean);
create or replace function sales.quote_document(p_quote sales.quote) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object(
        'quote_id', p_quote.quote_id, 'quote_number', p_quote.quote_number, 'account_id', p_quote.account_id, 'contact_id', p_quote.contact_id,
        'opportunity_id', p_quote.opportunity_id, 'title', p_quote.title, 'terms', p_quote.terms,
        'currency', p_quote.currency, 'need', p_quote.need, 'status', p_quote.status,
        'options', (select coalesce(json_agg(json_build_object('option_no', o.option_no, 'name', o.name, 'route', o.route, 'mode', o.mode,
                               'transit_days', o.transit_days, 'cost', o.cost::text, 'price', o.price::text,
                               'co2_kg', o.co2_kg::text) order by o.option_no), '[]'::json)
                      from sales.quote_option o where o.tenant_id = p_quote.tenant_id and o.quote_id = p_quote.quote_id),
        'valid_until', core.rfc3339_local(p_quote.valid_until, p_quote.zone), 'zone', p_quote.zone, 'chosen_option', p_quote.chosen_option,
        'decided_at', core.rfc3339(p_quote.decided_at), 'decided_by', p_quote.decided_by,
        'decided_name', p_quote.decided_name, 'reject_reason', p_quote.reject_reason, 'link_hint', p_quote.hint,
        'sent_at', core.rfc3339(p_quote.sent_at), 'viewed_at', core.rfc3339(p_quote.viewed_at), 'order_id', p_quote.order_id,
        'created_at', core.rfc3339(p_quote.created_at));
end $$;
comment on function sales.quote_document(sales.quote) is 'A quote as replies show it.';

-- A customer's people have the quotes of their accounts once those are sent; a partner's have none.
create or replace function sales.quote_is_reached(p_reach jsonb, p_quote sales.quote) returns boolean
    language plpgsql stable
    as $$
begin
    return coalesce(p_reach ->> 'kind' <> 'PARTNER' and (p_reach ->> 'kind' <> 'ACCOUNT' or p_quote.status <> 'DRAFT'), true)
           and crm.api_account_is_reached(p_quote.tenant_id, p_reach, p_quote.account_id);
end $$;
comment on function sales.quote_is_reached(jsonb, sales.quote) is 'May a caller of this reach see the quote?';

create or replace function sales.quote_to_change(p_tenant uuid, p_reach jsonb, p_quote uuid) returns sales.quote
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote;
begin
    select * into v_quote from sales.quote q where q.tenant_id = p_tenant and q.quote_id = p_quote for update;
    return case when found and sales.quote_is_reached(p_reach, v_quote) then v_quote end;
end $$;
comment on function sales.quote_to_change(uuid, jsonb, uuid) is 'The quote, locked; null when the caller reaches none.';

create or replace function sales.quote_told(p_tenant uuid, p_reach jsonb, p_quote sales.quote, p_body jsonb) returns sales.quote
    language plpgsql stable
    as $$
declare
    v_quote sales.quote := p_quote;
begin
    v_quote.contact_id := core.patched(p_body, 'contact_id', p_quote.contact_id::text)::uuid;
    v_quote.opportunity_id := core.patched(p_body, 'opportunity_id', p_quote.opportunity_id::text)::uuid;
    v_quote.title := core.patched(p_body, 'title', p_quote.title);
    v_quote.terms := core.patched(p_body, 'terms', p_quote.terms);
    v_quote.currency := core.patched(p_body, 'currency', p_quote.currency);
    v_quote.valid_until := core.patched(p_body, 'valid_until', core.rfc3339(p_quote.valid_until))::timestamptz;
    v_quote.zone := core.patched(p_body, 'zone', p_quote.zone);
    if p_body ? 'need' then
        v_quote.need := coalesce(nullif(p_body -> 'need', 'null'), '{}');
    end if;
    perform sales.customer_check(p_tenant, p_reach, v_quote.account_id, case when p_body ? 'contact_id' then v_quote.contact_id end);
    if p_body ->> 'opportunity_id' is not null
       and not exists (select from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = v_quote.opportunity_id
                          and o.account_id = v_quote.account_id) then
        raise exception using errcode = 'PN422', message = 'sales/no_such_opportunity', column = '/opportunity_id',
            detail = 'There is no opportunity with this id at the account.';
    elsif p_body ->> 'zone' is not null and not exists (select from core.zone z where z.zone = v_quote.zone) then
        raise exception using errcode = 'PN422', message = 'sales/zone_unknown', column = '/zone', detail = 'There is no such zone.';
    elsif p_body ? 'valid_until' and v_quote.valid_until <= now() then
        raise exception using errcode = 'PN422', message = 'sales/valid_until_past', column = '/valid_until', detail = 'That is over already.';
    end if;
    return v_quote;
end $$;
comment on function sales.quote_told(uuid, jsonb, sales.quote, jsonb) is 'A quote''s row after a body or patch.';

-- Options are told as a whole; their numbers are their places, from 1.
drop function if exists sales.options_set(uuid, uuid, jsonb);
create or replace function sales.options_set(p_tenant uuid, p_quote uuid, p_currency text, p_options jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_one record;
begin
    for v_one in select o.value, o.ordinality - 1 as place from jsonb_array_elements(p_options) with ordinality o loop
        perform sales.amount_check(v_one.value ->> 'price', p_currency, '/options/' || v_one.place || '/price');
        perform sales.amount_check(v_one.value ->> 'cost', p_currency, '/options/' || v_one.place || '/cost');
        if (v_one.value ->> 'co2_kg')::numeric not between 0 and 999999999 or scale((v_one.value ->> 'co2_kg')::numeric) > 3 then
            raise exception using errcode = 'PN422', message = 'sales/amount_invalid', column = '/options/' || v_one.place || '/co2_kg',
                detail = 'From 0 to 999999999 kg, at most three places behind the point.';
        end if;
    end loop;
    delete from sales.quote_option o where o.tenant_id = p_tenant and o.quote_id = p_quote;
    insert into sales.quote_option (tenant_id, quote_id, option_no, name, route, mode, transit_days, cost, price, co2_kg)
    select p_tenant, p_quote, o.ordinality, o.value ->> 'name', o.value ->> 'route', o.value ->> 'mode', (o.value ->> 'transit_days')::smallint,
           (o.value ->> 'cost')::numeric, (o.value ->> 'price')::numeric, (o.value ->> 'co2_kg')::numeric
      from jsonb_array_elements(p_options) with ordinality o;
end $$;
comment on function sales.options_set(uuid, uuid, text, jsonb) is 'Gives a quote these options and no others.';

drop function if exists sales.quote_create(uuid, uuid, jsonb, jsonb, jsonb);
create or replace function sales.quote_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb,
                                              out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote;
begin
    if not sales.is_staff(p_reach) then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'That is for the staff.';
    end if;
    v_quote.account_id := (p_body ->> 'account_id')::uuid;
    v_quote.need := '{}';
    v_quote := sales.quote_told(p_tenant, p_reach, v_quote, p_body);
    insert into sales.quote (tenant_id, quote_id, quote_number, account_id, contact_id, opportunity_id, title, terms, currency, need, valid_until, zone, created_by)
    values (p_tenant, core.uuidv7(), 'HQ' || upper(substr(translate(gen_random_uuid()::text, '-', ''), 1, 12)), v_quote.account_id, v_quote.contact_id,
            v_quote.opportunity_id, v_quote.title, v_quote.terms, v_quote.currency, v_quote.need, v_quote.valid_until, v_quote.zone, p_actor)
    returning * into v_quote;
    perform sales.options_set(p_tenant, v_quote.quote_id, v_quote.currency, p_body -> 'options');
    perform audit.api_note(p_tenant, p_context, 'quote', v_quote.quote_id,
                           (p_body - 'need') || jsonb_build_object('personal', jsonb_build_object('need', coalesce(p_body -> 'need', 'null'))));
    perform core.api_event(p_tenant, 'sales.quote.created', 'quote', v_quote.quote_id, jsonb_build_object('account_id', v_quote.account_id));
    body := sales.quote_document(v_quote);
    version := v_quote.version;
end $$;
comment on function sales.quote_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes a quote: a draft.';

-- As the addresses name them. What whoever is asked can do, not we, stands only in what he is told.
create or replace function sales.quote_steps(q sales.quote, p_is_staff boolean) returns text[]
    language plpgsql stable
    as $$
begin
    return case when q.status = 'ACCEPTED' and p_is_staff then '{convert}'
                when q.valid_until <= now() then '{}'
                when q.status in ('SENT', 'VIEWED') then case when p_is_staff then '{send,accept,reject}' else '{accept,reject}' end
                when q.status = 'DRAFT' and p_is_staff
                     and exists (select from sales.quote_option o where o.tenant_id = q.tenant_id and o.quote_id = q.quote_id) then '{send}'
                else '{}' end::text[];
end $$;
comment on function sales.quote_steps(sales.quote, boolean) is 'What can be done with a quote as it is now, by staff or by whom it was made for.';

create or replace function sales.quote_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_quote uuid, p_if_match text, p_patch jsonb,
                                             out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old sales.quote := sales.quote_to_change(p_tenant, p_reach, p_quote);
    v_new sales.quote;
    v_changes jsonb;
begin
    if v_old.quote_id is null or not sales.is_staff(p_reach) then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif v_old.status <> 'DRAFT' then
        raise exception using errcode = 'PN409', message = 'sales/quote_not_draft', detail = 'The quote is ' || v_old.status || '; make a new one.',
            hint = core.steps(sales.quote_steps(v_old, true));
    end if;
    v_new := sales.quote_told(p_tenant, p_reach, v_old, p_patch);
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if p_patch ? 'options' then
        perform sales.options_set(p_tenant, p_quote, v_new.currency, coalesce(nullif(p_patch -> 'options', 'null'), '[]'));
        v_changes := coalesce(v_changes, '{}') || jsonb_build_object('options', p_patch -> 'options');
    elsif v_new.currency <> v_old.currency and exists (select from sales.quote_option o where o.tenant_id = p_tenant and o.quote_id = p_quote
                                                          and not (core.is_payable(o.price, v_new.currency) and coalesce(core.is_payable(o.cost, v_new.currency), true))) then
        raise exception using errcode = 'PN422', message = 'sales/amount_invalid', column = '/currency',
            detail = format('Its options have more than the %s decimals of %s; tell them anew, too.', core.currency_places(v_new.currency), v_new.currency);
    end if;
    if v_changes is not null then
        update sales.quote q
           set contact_id = v_new.contact_id, opportunity_id = v_new.opportunity_id, title = v_new.title, terms = v_new.terms, currency = v_new.currency,
               need = v_new.need, valid_until = v_new.valid_until, zone = v_new.zone, version = q.version + 1
         where q.tenant_id = p_tenant and q.quote_id = p_quote
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'quote', p_quote,
                               (v_changes - 'need') || jsonb_build_object('personal', jsonb_build_object('need', coalesce(v_changes -> 'need', 'null'))));
    end if;
    body := sales.quote_document(v_new);
    version := v_new.version;
end $$;
comment on function sales.quote_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Changes a draft by a merge patch; null when the caller reaches none.';

-- Sends, or sends again: each time a new link, the one before opens nothing any more. What the link is told as goes into body.link.
create or replace function sales.quote_send(p_tenant uuid, p_context jsonb, p_reach jsonb, p_quote uuid, p_hash bytea, p_hint text)
    returns sales.quote
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote := sales.quote_to_change(p_tenant, p_reach, p_quote);
    v_stage text;
begin
    if v_quote.quote_id is null or not sales.is_staff(p_reach) then
        return null;
    elsif v_quote.status not in ('DRAFT', 'SENT', 'VIEWED') then
        raise exception using errcode = 'PN409', message = 'sales/quote_not_open', detail = 'The quote is ' || v_quote.status || '.',
            hint = core.steps(sales.quote_steps(v_quote, true));
    elsif v_quote.valid_until <= now() then
        raise exception using errcode = 'PN409', message = 'sales/quote_not_open', detail = 'The quote is no longer valid.',
            hint = core.steps(sales.quote_steps(v_quote, true));
    elsif not exists (select from sales.quote_option o where o.tenant_id = p_tenant and o.quote_id = p_quote) then
        raise exception using errcode = 'PN409', message = 'sales/quote_without_option', detail = 'A quote needs at least one option.';
    end if;
    update sales.quote q
       set status = case when q.status = 'DRAFT' then 'SENT' else q.status end, secret_hash = p_hash, hint = p_hint, sent_at = now(), version = q.version + 1
     where q.tenant_id = p_tenant and q.quote_id = p_quote
    returning * into v_quote;
    perform core.api_job(p_tenant, 'sales.quote_expire', jsonb_build_object('quote_id', p_quote), v_quote.valid_until, p_quote::text);
    perform audit.api_note(p_tenant, p_context, 'quote', p_quote, jsonb_build_object('status', v_quote.status, 'sent', true));
    perform core.api_event(p_tenant, 'sales.quote.sent', 'quote', p_quote, jsonb_build_object('account_id', v_quote.account_id));
    v_stage := (select o.stage from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = v_quote.opportunity_id);
    if v_stage in ('NEW', 'QUALIFIED', 'SOLUTION') then
        perform sales.stage_move(p_tenant, p_context, v_quote.opportunity_id, 'QUOTED', null, null);
    end if;
    return v_quote;
end $$;
comment on function sales.quote_send(uuid, jsonb, jsonb, uuid, bytea, text) is 'Sends a quote as a link; its opportunity is QUOTED from then on. Null when the caller reaches none.';

-- Yes or no, from whomever: a customer's people, ours for them, or whoever has the link. p_quote is locked.
create or replace function sales.quote_decide(p_context jsonb, p_quote sales.quote, p_is_staff boolean, p_is_yes boolean, p_body jsonb) returns sales.quote
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote := p_quote;
    v_status text := case when p_is_yes then 'ACCEPTED' else 'REJECTED' end;
begin
    if p_quote.status = v_status and (not p_is_yes or p_quote.chosen_option = (p_body ->> 'option_no')::smallint) then
        return p_quote;
    elsif p_quote.status not in ('SENT', 'VIEWED') or p_quote.valid_until <= now() then
        raise exception using errcode = 'PN409', message = 'sales/quote_not_open',
            detail = case when p_quote.status in ('SENT', 'VIEWED') then 'The quote is no longer valid.' else 'The quote is ' || p_quote.status || '.' end,
            hint = core.steps(sales.quote_steps(p_quote, p_is_staff));
    elsif p_is_yes and not exists (select from sales.quote_option o where o.tenant_id = p_quote.tenant_id and o.quote_id = p_quote.quote_id
                                      and o.option_no = (p_body ->> 'option_no')::smallint) then
        raise exception using errcode = 'PN422', message = 'sales/no_such_option', column = '/option_no', detail = 'The quote has no option of this number.';
    end if;
    update sales.quote q
       set status = v_status, chosen_option = case when p_is_yes then (p_body ->> 'option_no')::smallint end, decided_at = now(),
           decided_by = (p_context ->> 'actor_id')::uuid, decided_name = p_body ->> 'name', reject_reason = case when not p_is_yes then p_body ->> 'reason' end,
           version = q.version + 1
     where q.tenant_id = p_quote.tenant_id and q.quote_id = p_quote.quote_id
    returning * into v_quote;
    perform audit.api_note(v_quote.tenant_id, p_context, 'quote', v_quote.quote_id, jsonb_build_object('status', v_status, 'chosen_option', v_quote.chosen_option,
        'personal', jsonb_strip_nulls(jsonb_build_object('subject', coalesce(v_quote.contact_id, v_quote.quote_id), 'name', p_body -> 'name',
        'reject_reason', v_quote.reject_reason))));
    perform core.api_event(v_quote.tenant_id, 'sales.quote.' || lower(v_status), 'quote', v_quote.quote_id,
                           jsonb_build_object('account_id', v_quote.account_id, 'option_no', v_quote.chosen_option));
    return v_quote;
end $$;
comment on function sales.quote_decide(jsonb, sales.quote, boolean, boolean, jsonb) is 'Accepts or rejects a locked quote that is open; again with the same answer changes nothing.';

create or replace function sales.quote_answer(p_tenant uuid, p_context jsonb, p_reach jsonb, p_quote uuid, p_is_yes boolean, p_body jsonb,
                                              out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote := sales.quote_to_change(p_tenant, p_reach, p_quote);
begin
    if v_quote.quote_id is not null then
        v_quote := sales.quote_decide(p_context, v_quote, sales.is_staff(p_reach), p_is_yes, p_body);
        body := sales.quote_document(v_quote);
        version := v_quote.version;
    end if;
end $$;
comment on function sales.quote_answer(uuid, jsonb, jsonb, uuid, boolean, jsonb) is 'Accepts or rejects a quote that the caller reaches; null when there is none.';

-- Over the link nobody is known: the trail says ANYBODY, and which endpoint.
create or replace function sales.quote_link_answer(p_tenant uuid, p_hash bytea, p_endpoint text, p_request_id text, p_is_yes boolean, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote;
begin
    select * into v_quote from sales.quote q
     where q.tenant_id = p_tenant and q.secret_hash = p_hash
       and exists (select from identity.v_tenant t where t.id = p_tenant and t.status = 'ACTIVE')
       for update;
    if not found then
        return null;
    end if;
    v_quote := sales.quote_decide(jsonb_build_object('endpoint', p_endpoint, 'method', 'POST', 'request_id', p_request_id), v_quote, false, p_is_yes, p_body);
    return sales.quote_document(v_quote);
end $$;
comment on function sales.quote_link_answer(uuid, bytea, text, text, boolean, jsonb) is 'Accepts or rejects the quote of a link; null when the link opens none.';

-- The first look counts; later ones write nothing.
create or replace function sales.quote_viewed(p_tenant uuid, p_hash bytea) returns json
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote;
begin
    update sales.quote q set status = 'VIEWED', viewed_at = now(), version = q.version + 1
     where q.tenant_id = p_tenant and q.secret_hash = p_hash and q.status = 'SENT' and q.valid_until > now()
    returning * into v_quote;
    if not found then
        return null;
    end if;
    perform audit.api_note(p_tenant, null, 'quote', v_quote.quote_id, jsonb_build_object('status', jsonb_build_object('old', 'SENT', 'new', 'VIEWED')));
    perform core.api_event(p_tenant, 'sales.quote.viewed', 'quote', v_quote.quote_id, jsonb_build_object('account_id', v_quote.account_id));
    return json_build_object('quote_id', v_quote.quote_id);
end $$;
comment on function sales.quote_viewed(uuid, bytea) is 'Notes that a quote was looked at over its link.';

create or replace function sales.quote_expire(p_tenant uuid, p_quote uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote;
begin
    select * into v_quote from sales.quote q where q.tenant_id = p_tenant and q.quote_id = p_quote for update;
    if not found or v_quote.status not in ('SENT', 'VIEWED') then
        return false;
    elsif v_quote.valid_until > clock_timestamp() then
        perform core.api_job(p_tenant, 'sales.quote_expire', jsonb_build_object('quote_id', p_quote), v_quote.valid_until, p_quote::text);
        return false;
    end if;
    update sales.quote q set status = 'EXPIRED', version = q.version + 1 where q.tenant_id = p_tenant and q.quote_id = p_quote;
    perform audit.api_note(p_tenant, null, 'quote', p_quote, jsonb_build_object('status', jsonb_build_object('old', v_quote.status, 'new', 'EXPIRED')));
    perform core.api_event(p_tenant, 'sales.quote.expired', 'quote', p_quote, jsonb_build_object('account_id', v_quote.account_id));
    return true;
end $$;
comment on function sales.quote_expire(uuid, uuid) is 'The job: an open quote whose time is over expires, once; true when it did.';

-- The order without typing again. The quote's row is locked, so however many ask at once one makes the order and all are told of it.
create or replace function sales.quote_convert(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_quote uuid,
                                               out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_quote sales.quote := sales.quote_to_change(p_tenant, p_reach, p_quote);
    v_option sales.quote_option;
    v_order json;
    v_stage text;
begin
    if v_quote.quote_id is null or not sales.is_staff(p_reach) then
        return;
    elsif v_quote.status not in ('ACCEPTED', 'CONVERTED') then
        raise exception using errcode = 'PN409', message = 'sales/quote_not_accepted', detail = 'The quote is ' || v_quote.status || '.',
            hint = core.steps(sales.quote_steps(v_quote, true));
    elsif v_quote.status = 'ACCEPTED' then
        select * into v_option from sales.quote_option o
         where o.tenant_id = p_tenant and o.quote_id = p_quote and o.option_no = v_quote.chosen_option;
        v_order := orders.api_order_create(p_tenant, p_actor, p_context, p_reach, jsonb_strip_nulls(jsonb_build_object('mode', v_option.mode)) || v_quote.need
            || jsonb_build_object('account_id', v_quote.account_id, 'source', 'QUOTE', 'source_id', v_quote.quote_id,
                                  'price', jsonb_build_object('amount', v_option.price::text, 'currency', v_quote.currency)));
        update sales.quote q set status = 'CONVERTED', order_id = (v_order ->> 'order_id')::uuid, version = q.version + 1
         where q.tenant_id = p_tenant and q.quote_id = p_quote
        returning * into v_quote;
        perform audit.api_note(p_tenant, p_context, 'quote', p_quote, jsonb_build_object('status', 'CONVERTED', 'order_id', v_quote.order_id));
        perform core.api_event(p_tenant, 'sales.quote.converted', 'quote', p_quote,
                               jsonb_build_object('account_id', v_quote.account_id, 'order_id', v_quote.order_id));
        select o.stage into v_stage from sales.opportunity o where o.tenant_id = p_tenant and o.opportunity_id = v_quote.opportunity_id;
        if v_stage not in ('WON', 'LOST') then
            perform sales.stage_move(p_tenant, p_context, v_quote.opportunity_id, 'WON', null, v_quote.order_id);
        end if;
    end if;
    body := sales.quote_document(v_quote);
    version := v_quote.version;
end $$;
comment on function sales.quote_convert(uuid, uuid, jsonb, jsonb, uuid) is 'Turns an accepted quote into an order, once; the opportunity is won with it.';

grant execute on function sales.quote_document(sales.quote), sales.quote_is_reached(jsonb, sales.quote), sales.quote_to_change(uuid, jsonb, uuid),
    sales.quote_steps(sales.quote, boolean), sales.quote_told(uuid, jsonb, sales.quote, jsonb), sales.options_set(uuid, uuid, text, jsonb), sales.quote_create(uuid, uuid, jsonb, jsonb, jsonb),
    sales.quote_patch(uuid, jsonb, jsonb, uuid, text, jsonb), sales.quote_send(uuid, jsonb, jsonb, uuid, bytea, text),
    sales.quote_decide(jsonb, sales.quote, boolean, boolean, jsonb), sales.quote_answer(uuid, jsonb, jsonb, uuid, boolean, jsonb),
    sales.quote_link_answer(uuid, bytea, text, text, boolean, jsonb), sales.quote_viewed(uuid, bytea), sales.quote_expire(uuid, uuid),
    sales.quote_convert(uuid, uuid, jsonb, jsonb, uuid) to hansa_app;
