-- How a leg goes on: by hand step by step (orders.state_change), by a tender, or by events that name it.

create or replace function orders.leg_steps(l orders.leg) returns text
    language plpgsql stable
    as $$
begin
    return core.steps(array(select c.to_state from orders.state_change c
                             where c.noun = 'leg' and c.from_state = l.state and c.is_asked and l.state <> 'TENDERED' order by c.to_state));
end $$;
comment on function orders.leg_steps(orders.leg) is 'The states that a leg may be brought to by hand, as the hint of a refusal; none while it is tendered.';

-- A locked leg takes one step. No event of core's for each: what happened on the road is told by tracking.
create or replace function orders.leg_stepped(p_tenant uuid, p_leg orders.leg, p_verb text, p_reason text) returns orders.leg
    language plpgsql volatile
    as $$
declare
    v_leg orders.leg;
    v_state text;
begin
    select c.to_state into v_state from orders.state_change c
     where c.noun = 'leg' and c.verb = p_verb and c.from_state = p_leg.state;
    if not found then
        raise exception using errcode = 'PN409', message = 'orders/leg_state',
            detail = 'The leg is ' || p_leg.state || '; nothing of the kind (' || p_verb || ') can follow that.', hint = orders.leg_steps(p_leg);
    end if;
    update orders.leg l
       set state = v_state, state_reason = p_reason, changed_at = clock_timestamp(), version = l.version + 1,
           carrier_account_id = p_leg.carrier_account_id, carrier_scac = p_leg.carrier_scac, cost_amount = p_leg.cost_amount,
           cost_currency = p_leg.cost_currency,
           loaded_at = case when p_verb = 'load' then coalesce(l.loaded_at, clock_timestamp()) else l.loaded_at end,
           actual_departure = case when p_verb = 'depart' then coalesce(l.actual_departure, clock_timestamp()) else l.actual_departure end,
           actual_arrival = case when p_verb = 'arrive' then coalesce(l.actual_arrival, clock_timestamp()) else l.actual_arrival end,
           unloaded_at = case when p_verb = 'unload' then coalesce(l.unloaded_at, clock_timestamp()) else l.unloaded_at end
     where l.tenant_id = p_tenant and l.leg_id = p_leg.leg_id
    returning * into v_leg;
    perform core.api_event(p_tenant, 'orders.leg.moved', 'leg', v_leg.leg_id, jsonb_build_object(
        'shipment_id', v_leg.shipment_id, 'from', p_leg.state, 'state', v_leg.state, 'carrier_account_id', v_leg.carrier_account_id));
    if v_state = 'CANCELLED' then
        perform alliances.api_leg_called_off(p_tenant, v_leg.leg_id, p_reason);
    end if;
    return v_leg;
end $$;
comment on function orders.leg_stepped(uuid, orders.leg, text, text) is 'The leg after a verb that its state admits, stored and told; else 409.';

-- For whoever tenders legs (alliances.api_…). Each answers false when the leg is not in the state for it; the caller decides what
-- that means. The row stays locked until the caller's transaction ends.
create or replace function orders.leg_stepped_from(p_tenant uuid, p_leg uuid, p_state text, p_verb text) returns boolean
    language plpgsql volatile
    as $$
declare
    v_leg orders.leg;
begin
    select * into v_leg from orders.leg l where l.tenant_id = p_tenant and l.leg_id = p_leg for no key update;
    if not found or v_leg.state <> p_state then
        return false;
    end if;
    perform orders.leg_stepped(p_tenant, v_leg, p_verb, null);
    return true;
end $$;
comment on function orders.leg_stepped_from(uuid, uuid, text, text) is 'Steps a leg that is in this very state; false when it is not.';

create or replace function orders.api_leg_tendered(p_tenant uuid, p_leg uuid) returns boolean
    language sql volatile
    as $$ select orders.leg_stepped_from(p_tenant, p_leg, 'PLANNED', 'tender') $$;
comment on function orders.api_leg_tendered(uuid, uuid) is 'PLANNED becomes TENDERED; false when the leg is not PLANNED.';

create or replace function orders.api_leg_untendered(p_tenant uuid, p_leg uuid) returns boolean
    language sql volatile
    as $$ select orders.leg_stepped_from(p_tenant, p_leg, 'TENDERED', 'untender') $$;
comment on function orders.api_leg_untendered(uuid, uuid) is 'A tender was withdrawn or expired: TENDERED becomes PLANNED; false when the leg is not TENDERED.';

create or replace function orders.api_leg_awarded(p_tenant uuid, p_leg uuid, p_carrier_account uuid, p_cost_amount numeric default null,
                                                  p_cost_currency text default null) returns boolean
    language plpgsql volatile
    as $$
declare
    v_leg orders.leg;
begin
    select * into v_leg from orders.leg l where l.tenant_id = p_tenant and l.leg_id = p_leg for no key update;
    if not found or v_leg.state <> 'TENDERED' then
        return false;
    end if;
    v_leg.carrier_account_id := p_carrier_account;
    v_leg.carrier_scac := crm.api_account_scac(p_tenant, p_carrier_account);
    if p_cost_amount is not null then
        v_leg.cost_amount := p_cost_amount;
        v_leg.cost_currency := p_cost_currency;
    end if;
    perform orders.leg_stepped(p_tenant, v_leg, 'accept', null);
    return true;
end $$;
comment on function orders.api_leg_awarded(uuid, uuid, uuid, numeric, text) is
    'TENDERED becomes ACCEPTED with its carrier and what it gets; false when the leg is not TENDERED, so that of two awards one wins.';

grant execute on function orders.leg_steps(orders.leg), orders.leg_stepped(uuid, orders.leg, text, text), orders.leg_stepped_from(uuid, uuid, text, text), orders.api_leg_tendered(uuid, uuid),
    orders.api_leg_untendered(uuid, uuid), orders.api_leg_awarded(uuid, uuid, uuid, numeric, text) to hansa_app;
