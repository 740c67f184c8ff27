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
        o := orders.order_step(o, 'hold');
        o.hold_open := case when o.hold_reason = 'OVER_LIMIT' then v_open end;
        o.hold_limit := case when o.hold_reason = 'OVER_LIMIT' then v_credit.credit_limit end;
        o.hold_currency := case when o.hold_reason = 'OVER_LIMIT' then v_credit.credit_currency end;
    end if;
    return o;
end $$;
comment on function orders.order_judged(uuid, orders.order_, orders.order_) is 'The order, on CREDIT_HOLD when its account''s credit does not bear it; writes nothing of the order.';

-- One guarded step, in memory.
create or replace function orders.order_step(p_order orders.order_, p_verb text) returns orders.order_
    language plpgsql stable
    as $$
declare
    o orders.order_ := p_order;
begin
    select c.to_state into o.state from orders.state_change c
     where c.noun = 'order' and c.verb = p_verb and c.from_state = p_order.state;
    if not found then
        raise exception using errcode = 'PN409', message = 'orders/order_state',
            detail = 'The order is ' || p_order.state || '; nothing of the kind (' || p_verb || ') can follow that.';
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
comment on function orders.order_step(orders.order_, text) is 'The order after a verb that its state admits; else 409.';

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
    o orders.order_ := orders.order_judged(p_tenant, p_old, orders.order_step(p_old, 'submit'));
begin
    return orders.order_saved(p_tenant, p_old, o, case when o.state = 'CREDIT_HOLD' then '{submitted,held}'::text[] else '{submitted}' end);
end $$;
comment on function orders.order_submitted(uuid, orders.order_) is 'Submits a draft: SUBMITTED, or CREDIT_HOLD with its reason.';

grant execute on function orders.is_open(orders.order_),
    orders.exposure_shift(uuid, orders.order_, orders.order_), orders.order_judged(uuid, orders.order_, orders.order_),
    orders.order_step(orders.order_, text), orders.order_saved(uuid, orders.order_, orders.order_, text[]),
    orders.order_submitted(uuid, orders.order_) to hansa_app;
