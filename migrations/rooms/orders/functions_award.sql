-- Orders that come from another firm's award, and how they end when it is taken back.

-- Both sides have agreed, so the order is confirmed at once, unless credit holds it: then the shipment is there and staff decide.
create or replace function orders.api_award_taken_over(p_tenant uuid, p_order jsonb, p_shipment jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_order uuid := (orders.api_order_create(p_tenant, null, '{}', null, p_order) ->> 'order_id')::uuid;
    v_state text;
    v_shipment uuid;
begin
    perform from orders.order_go_on(p_tenant, null, '{}', null, v_order, 'submit', '{}');
    select o.state into v_state from orders.order_ o where o.tenant_id = p_tenant and o.order_id = v_order;
    if v_state = 'SUBMITTED' then
        perform from orders.order_go_on(p_tenant, null, '{}', null, v_order, 'confirm', '{"make_shipment": false}');
    end if;
    v_shipment := orders.api_shipment_create(p_tenant, null, p_shipment || jsonb_build_object(
        'order_id', v_order, 'customer', jsonb_build_object('account_id', p_order -> 'account_id')), 'API');
    insert into orders.shipment_cargo (tenant_id, shipment_id, order_id, line, quantity)
    select p_tenant, v_shipment, v_order, c.line, c.quantity from orders.cargo_line c where c.tenant_id = p_tenant and c.order_id = v_order;
    return v_shipment;
end $$;
comment on function orders.api_award_taken_over(uuid, jsonb, jsonb) is 'Makes order and shipment of an awarded leg; answers the shipment.';

-- False when there is no such order, or it ended already, or something of it moves: then staff end it.
create or replace function orders.api_award_called_off(p_tenant uuid, p_source uuid, p_reason text) returns boolean
    language plpgsql volatile
    as $$
declare
    o orders.order_;
begin
    select * into o from orders.order_ t
     where t.tenant_id = p_tenant and t.source = 'EXCHANGE' and t.source_id = p_source for no key update;
    if not found then
        return false;
    elsif not 'cancel' = any (orders.order_steps(null, o))
       or exists (select from orders.shipment s join tracking.v_shipment_clock c on c.tenant_id = p_tenant and c.shipment_id = s.shipment_id and c.is_moved
                   where s.tenant_id = p_tenant and s.order_id = o.order_id) then  -- also one that credit holds
        if o.state in ('CREDIT_HOLD', 'SUBMITTED', 'CONFIRMED', 'IN_EXECUTION', 'DELIVERED') then
            perform core.api_event(p_tenant, 'orders.order.called_off', 'order', o.order_id, jsonb_build_object('account_id', o.account_id, 'state', o.state));
        end if;
        return false;
    end if;
    perform from orders.order_go_on(p_tenant, null, '{}', null, o.order_id, 'cancel', jsonb_build_object('reason', p_reason));
    return true;
end $$;
comment on function orders.api_award_called_off(uuid, uuid, text) is 'Cancels the order of an award that was taken back, if its state machine lets it.';

-- Legs of shipments that do not go any more, after the shipments' own rows: whoever was to carry one learns it. A tender's row comes before
-- its leg's.
create or replace function orders.legs_call_off(p_tenant uuid, p_shipments uuid[], p_reason text) returns void
    language plpgsql volatile
    as $$
declare
    l orders.leg;
begin
    perform alliances.api_leg_called_off(p_tenant, t.leg_id, p_reason)
       from orders.leg t where t.tenant_id = p_tenant and t.shipment_id = any (p_shipments) and t.state = 'TENDERED' order by t.leg_id;
    for l in select * from orders.leg t where t.tenant_id = p_tenant and t.shipment_id = any (p_shipments)
                and t.state in ('PLANNED', 'ACCEPTED', 'DISPATCHED') order by t.leg_id for no key update loop
        perform orders.leg_stepped(p_tenant, l, 'cancel', p_reason);
    end loop;
end $$;
comment on function orders.legs_call_off(uuid, uuid[], text) is 'Cancels the legs of shipments that were called off before they moved, and what was asked or awarded for them.';

grant execute on function orders.api_award_taken_over(uuid, jsonb, jsonb), orders.api_award_called_off(uuid, uuid, text), orders.legs_call_off(uuid, uuid[], text) to hansa_app;
