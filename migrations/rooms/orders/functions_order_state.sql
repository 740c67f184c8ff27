-- How an order goes on: guarded changes of state, and credit.

create or replace function orders.is_open(o orders.order_) returns boolean
    language sql immutable
    as $$ select o.price_amount is not null and o.state in ('SUBMITTED', 'CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED') $$;
comment on function orders.is_open(orders.order_) is 'Does the order count against the credit of its account?';

-- Takes the old order's price out of what is open and puts the new one's in.
create or replace function orders.exposure_shift(p_tenant uuid, p_old orders.order_, p_new orders.order_) returns void
    language plpgsql volatile
    as $$
begin
    if orders.is_open(p_old) is not distinct from orders.is_open(p_new) and (p_old.price_amount, p_old.price_currency)
        is not distinct from (p_new.price_amount, p_new.price_currency) then
        return;
    end if;
    insert into orders.exposure as e (tenant_id, account_id, currency, amount)
    select p_tenant, p_new.account_id, d.currency, sum(d.amount)
      from (values (p_old.price_currency, case when orders.is_open(p_old) then -p_old.price_amount end),
                   (p_new.price_currency, case when orders.is_open(p_new) then p_new.price_amount end)) d (currency, amount)
     where d.amount is not null
     group by d.currency
     order by d.currency
        on conflict (tenant_id, account_id, currency) do update set amount = e.amount + excluded.amount;
end $$;
comment on function orders.exposure_shift(uuid, orders.order_, orders.order_) is 'Brings what is open with an account up to date with a change of one order.';

-- Judges a submitted order. The row of what is open is locked first: two orders of one account are judged one after the other,
-- and the later one sees the earlier.
create or replace function orders.order_judged(p_tenant uuid, p_old orders.order_, p_new orders.order_) returns orders.order_
    language plpgsql volatile
    as $$
declare
    o orders.order_ := p_new;
    v_credit record;
    v_open numeric;
begin
    insert into orders.exposure as e (tenant_id, account_id, currency)
    values (p_tenant, o.account_id, coalesce(o.price_currency, 'XXX'))
        on conflict (tenant_id, account_id, currency) do update set amount = e.amount
    returning e.amount into v_open;
    if orders.is_open(p_old) and p_old.price_currency = o.price_currency then
        v_open := v_open - p_old.price_amount;
    end if;
    select * into v_credit from crm.api_account_credit(p_tenant, o.account_id);
    o.hold_reason := case
        when v_credit.hold = 'HOLD' then 'ACCOUNT_ON_HOLD'
        when o.price_amount is null or v_credit.credit_limit is null then null
        when v_credit.credit_currency <> o.price_currency then 'OTHER_CURRENCY'
        when v_open + o.price_amount > v_credit.credit_limit then 'OVER_LIMIT' end;
    if o.hold_reason is not null then
        o := orders.order_step(null, o, 'hold');
        o.hold_open := case when o.hold_reason = 'OVER_LIMIT' then v_open end;
        o.hold_limit := case when o.hold_reason = 'OVER_LIMIT' then v_credit.credit_limit end;
        o.hold_currency := case when o.hold_reason = 'OVER_LIMIT' then v_credit.credit_currency end;
    end if;
    return o;
end $$;
comment on function orders.order_judged(uuid, orders.order_, orders.order_) is 'The order, on CREDIT_HOLD when its account''s credit does not bear it; writes nothing of the order.';

-- What stands in the way of a step that the state admits; null when nothing does. Asked for the step itself and for the list of steps
-- that a refusal names.
create or replace function orders.order_is_bare(o orders.order_) returns boolean
    language plpgsql stable
    as $$
begin
    return coalesce(o.origin, '{}') = '{}' and coalesce(o.destination, '{}') = '{}'
       and not exists (select from orders.cargo_line c where c.tenant_id = o.tenant_id and c.order_id = o.order_id);
end $$;
comment on function orders.order_is_bare(orders.order_) is 'Does an order say neither where nor what? Then nobody can carry it out.';

create or replace function orders.order_hindrance(p_reach jsonb, o orders.order_, p_verb text) returns text
    language plpgsql stable
    as $$
declare
    v_is_moved boolean;      -- something has ever moved
    v_is_under_way boolean;
    v_is_delivered boolean;
    v_leg text;              -- one that is still planned
begin
    if p_verb = 'submit' and orders.order_is_bare(o) then
        return 'it says neither where nor what: give a place (origin or destination) or a line of cargo.';
    elsif p_verb not in ('cancel', 'invoice', 'close') or o.state not in ('CONFIRMED', 'IN_EXECUTION', 'INVOICED') then
        return null;
    elsif p_reach ->> 'kind' = 'ACCOUNT' then
        return 'ask the one who carries it out to call it off.';
    end if;
    select bool_or(c.is_moved), bool_or(c.is_moved and not c.is_terminal), bool_or(c.status = 'DELIVERED')
      into v_is_moved, v_is_under_way, v_is_delivered
      from orders.shipment s
      join tracking.v_shipment_clock c on c.tenant_id = o.tenant_id and c.shipment_id = s.shipment_id
     where s.tenant_id = o.tenant_id and s.order_id = o.order_id;
    if p_verb = 'close' then
        select 'leg ' || l.seq || ' of shipment ' || s.tracking_number into v_leg
          from orders.shipment s
          join tracking.v_shipment_status t on t.tenant_id = o.tenant_id and t.shipment_id = s.shipment_id and t.status <> 'CANCELLED'
          join orders.leg l on l.tenant_id = o.tenant_id and l.shipment_id = s.shipment_id and l.state in ('PLANNED', 'TENDERED')
         where s.tenant_id = o.tenant_id and s.order_id = o.order_id
         order by s.shipment_id, l.seq limit 1;
    end if;
    return case
        when o.state = 'CONFIRMED' and v_is_moved then 'something of it is on its way already.'
        when o.state = 'IN_EXECUTION' and v_is_under_way then 'something of it is on its way still.'
        when o.state = 'IN_EXECUTION' and p_verb = 'cancel' and v_is_delivered then 'a part of it is delivered: invoice that, or close it with a reason.'
        when o.state = 'IN_EXECUTION' and p_verb = 'invoice' and v_is_delivered is not true then 'nothing of it is delivered.'
        when v_leg is not null then v_leg || ' is still planned: bring it to its end, or cancel it.' end;
end $$;
comment on function orders.order_hindrance(jsonb, orders.order_, text) is 'Why a step that its state admits cannot be taken now; null when it can.';

create or replace function orders.order_steps(p_reach jsonb, o orders.order_) returns text[]
    language plpgsql stable
    as $$
begin
    return array(select c.verb from orders.state_change c
                  where c.noun = 'order' and c.from_state = o.state and c.is_asked
                    and ((p_reach ->> 'kind' = 'ACCOUNT') is not true or c.verb in ('submit', 'cancel'))
                    and orders.order_hindrance(p_reach, o, c.verb) is null
                  order by c.verb);
end $$;
comment on function orders.order_steps(jsonb, orders.order_) is 'What may be asked of an order now, as the last word of the address.';

create or replace function orders.order_refuse(p_reach jsonb, o orders.order_, p_why text) returns void
    language plpgsql stable
    as $$
begin
    raise exception using errcode = 'PN409', message = 'orders/order_state', detail = 'The order is ' || o.state || '; ' || p_why,
        hint = core.steps(orders.order_steps(p_reach, o));
end $$;
comment on function orders.order_refuse(jsonb, orders.order_, text) is 'Raises 409 with the steps that are possible instead.';

-- One guarded step, in memory.
drop function if exists orders.order_step(orders.order_, text);
create or replace function orders.order_step(p_reach jsonb, p_order orders.order_, p_verb text) returns orders.order_
    language plpgsql stable
    as $$
declare
    o orders.order_ := p_order;
    v_why text;
begin
    select c.to_state into o.state from orders.state_change c
     where c.noun = 'order' and c.verb = p_verb and c.from_state = p_order.state;
    v_why := case when not found then 'nothing of the kind (' || p_verb || ') can follow that.' else orders.order_hindrance(p_reach, p_order, p_verb) end;
    if v_why is not null then
        perform orders.order_refuse(p_reach, p_order, v_why);
    end if;
    if p_verb = 'submit' then
        o.submitted_at := clock_timestamp();
    elsif p_verb = 'confirm' then
        o.confirmed_at := clock_timestamp();
    elsif p_verb = 'release' then
        o.released_at := clock_timestamp();
    end if;
    return o;
end $$;
comment on function orders.order_step(jsonb, orders.order_, text) is 'The order after a verb that its state admits; else 409.';

-- Stores what has become of a locked order, and tells it: one event for each change of state.
create or replace function orders.order_saved(p_tenant uuid, p_old orders.order_, p_new orders.order_, p_told text[]) returns orders.order_
    language plpgsql volatile
    as $$
declare
    o orders.order_;
    v_word text;
begin
    perform orders.exposure_shift(p_tenant, p_old, p_new);
    update orders.order_ t
       set state = p_new.state, incoterm = p_new.incoterm, incoterm_place = p_new.incoterm_place, mode = p_new.mode, service = p_new.service,
           origin = p_new.origin, destination = p_new.destination, pickup_from = p_new.pickup_from, pickup_to = p_new.pickup_to,
           pickup_zone = p_new.pickup_zone, delivery_from = p_new.delivery_from, delivery_to = p_new.delivery_to,
           delivery_zone = p_new.delivery_zone, cod_amount = p_new.cod_amount, cod_currency = p_new.cod_currency,
           price_amount = p_new.price_amount, price_currency = p_new.price_currency, hold_reason = p_new.hold_reason,
           hold_open = p_new.hold_open, hold_limit = p_new.hold_limit, hold_currency = p_new.hold_currency,
           released_at = p_new.released_at, state_reason = p_new.state_reason, invoice_number = p_new.invoice_number,
           submitted_at = p_new.submitted_at, confirmed_at = p_new.confirmed_at, loaded_at = p_new.loaded_at,
           unloaded_at = p_new.unloaded_at, changed_at = clock_timestamp(), version = t.version + 1
     where t.tenant_id = p_tenant and t.order_id = p_new.order_id
    returning * into o;
    foreach v_word in array p_told loop
        perform core.api_event(p_tenant, 'orders.order.' || v_word, 'order', o.order_id, jsonb_strip_nulls(jsonb_build_object(
            'account_id', o.account_id, 'from', p_old.state, 'state', o.state, 'source', o.source, 'source_id', o.source_id,
            'price_amount', o.price_amount::text, 'price_currency', o.price_currency, 'hold_reason', o.hold_reason)));
    end loop;
    return o;
end $$;
comment on function orders.order_saved(uuid, orders.order_, orders.order_, text[]) is 'Writes a changed order, what is open with its account, and the events.';

create or replace function orders.order_submitted(p_tenant uuid, p_old orders.order_) returns orders.order_
    language plpgsql volatile
    as $$
declare
    o orders.order_ := orders.order_judged(p_tenant, p_old, orders.order_step(null, p_old, 'submit'));
begin
    return orders.order_saved(p_tenant, p_old, o, case when o.state = 'CREDIT_HOLD' then '{submitted,held}'::text[] else '{submitted}' end);
end $$;
comment on function orders.order_submitted(uuid, orders.order_) is 'Submits a draft: SUBMITTED, or CREDIT_HOLD with its reason.';

grant execute on function orders.is_open(orders.order_),
    orders.exposure_shift(uuid, orders.order_, orders.order_), orders.order_judged(uuid, orders.order_, orders.order_),
    orders.order_is_bare(orders.order_), orders.order_hindrance(jsonb, orders.order_, text), orders.order_steps(jsonb, orders.order_), orders.order_refuse(jsonb, orders.order_, text),
    orders.order_step(jsonb, orders.order_, text), orders.order_saved(uuid, orders.order_, orders.order_, text[]),
    orders.order_submitted(uuid, orders.order_) to hansa_app;
