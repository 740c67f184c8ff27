-- What is asked of an order: the functions behind its endpoints.

-- POST /v1/orders; the version beside the document.
create or replace function orders.order_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb,
                                               out body json, out version bigint)
    language plpgsql volatile
    as $$
begin
    body := orders.api_order_create(p_tenant, p_actor, p_context, p_reach, p_body - 'source' - 'source_id');
    version := (select o.version from orders.order_ o where o.tenant_id = p_tenant and o.order_id = (body ->> 'order_id')::uuid);
end $$;
comment on function orders.order_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes an order as a request asks for it.';

create or replace function orders.order_accounts(p_tenant uuid, p_reach jsonb) returns uuid[]
    language plpgsql stable
    as $$
begin
    return case when p_reach ->> 'kind' = 'PARTNER' then '{}'::uuid[] else crm.api_accounts_reached(p_tenant, p_reach) end;
end $$;
comment on function orders.order_accounts(uuid, jsonb) is 'Accounts whose orders a caller of less reach than the tenant sees.';

-- The row, locked, or null when there is none that the caller reaches.
create or replace function orders.order_locked(p_tenant uuid, p_reach jsonb, p_order uuid) returns orders.order_
    language plpgsql volatile
    as $$
declare
    o orders.order_;
begin
    select * into o from orders.order_ t where t.tenant_id = p_tenant and t.order_id = p_order for no key update;
    if not found or not orders.order_is_reached(p_tenant, p_reach, o.account_id) then
        return null;
    end if;
    return o;
end $$;
comment on function orders.order_locked(uuid, jsonb, uuid) is 'An order within reach, locked until the transaction ends; else null.';

create or replace function orders.order_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_order uuid, p_patch jsonb, p_if_match text,
                                              out body json, out version bigint, out current json) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.order_ := orders.order_locked(p_tenant, p_reach, p_order);
    o orders.order_;
    v_changes jsonb;
    v_told text[] := '{changed}'::text[];
begin
    if v_old.order_id is null then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := orders.order_document(p_tenant, v_old);
        return next;
        return;
    elsif v_old.state not in ('DRAFT', 'SUBMITTED') then
        perform orders.order_refuse(p_reach, v_old, 'only a draft or a submitted order can be changed.');
    end if;
    o := orders.order_filled(p_tenant, v_old, p_patch);
    select jsonb_object_agg(n.key, jsonb_build_object('old', w.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(o)) n join jsonb_each(to_jsonb(v_old)) w on w.key = n.key
     where n.value is distinct from w.value;
    if p_patch ? 'references' then
        perform orders.references_set(p_tenant, p_order, coalesce(nullif(p_patch -> 'references', 'null'), '[]'));
    end if;
    if p_patch ? 'cargo' then
        perform orders.cargo_set(p_tenant, p_order, coalesce(nullif(p_patch -> 'cargo', 'null'), '[]'));
    end if;
    if o.state = 'SUBMITTED' and orders.order_is_bare(o) then
        perform orders.order_refuse(p_reach, v_old, 'it needs a place (origin or destination) or a line of cargo.');
    end if;
    if v_changes is not null or p_patch ?| '{references,cargo}' then
        -- A release was for the price that it saw: another one is judged again.
        if o.state = 'SUBMITTED' and o.price_amount is not null
           and (o.price_amount > v_old.price_amount or o.price_currency <> v_old.price_currency or v_old.price_amount is null) then
            o := orders.order_judged(p_tenant, v_old, o);
            if o.state = 'CREDIT_HOLD' then
                o.released_at := null;
                v_told := '{changed,held}'::text[];
            end if;
        end if;
        o := orders.order_saved(p_tenant, v_old, o, v_told);
        perform audit.api_note(p_tenant, p_context, 'order', p_order, orders.places_personal(coalesce(v_changes, '{}')
            || case when p_patch ? 'cargo' then jsonb_build_object('cargo', jsonb_array_length(coalesce(nullif(p_patch -> 'cargo', 'null'), '[]'))) else '{}' end
            || case when p_patch ? 'references' then jsonb_build_object('references', p_patch -> 'references') else '{}' end));
        version := o.version;
    end if;
    body := orders.order_document(p_tenant, o);
    return next;
end $$;
comment on function orders.order_patch(uuid, jsonb, jsonb, uuid, jsonb, text) is 'Changes a draft or submitted order by a merge patch, if p_if_match admits its version.';

-- A place may name a person: in the audit it stands as a digest.
create or replace function orders.places_personal(p_changes jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select p_changes - 'origin' - 'destination' - 'place' || case when p_changes ?| '{origin,destination,place}' then
              jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('origin', p_changes -> 'origin', 'destination', p_changes -> 'destination',
                                                                                  'place', p_changes -> 'place'))) else '{}' end $$;
comment on function orders.places_personal(jsonb) is 'Changes for the audit, with places among what is personal.';

-- The steps that somebody asks for. No row when the caller reaches no such order.
create or replace function orders.order_go_on(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_order uuid, p_verb text, p_body jsonb,
                                              out body json, out version bigint) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.order_ := orders.order_locked(p_tenant, p_reach, p_order);
    o orders.order_;
    v_unmoved uuid[];
begin
    if v_old.order_id is null then
        return;
    elsif p_verb = 'submit' then
        o := orders.order_submitted(p_tenant, v_old);
    else
        o := orders.order_step(p_reach, v_old, p_verb);
        if o.state = 'SHORT_CLOSED' and p_body ->> 'reason' is null then
            raise exception using errcode = 'PN422', message = 'orders/reason_missing', column = '/reason',
                detail = 'The order is IN_EXECUTION: say why it is closed short.';
        end if;
        perform orders.amount_check(p_body, 'price');
        o.price_amount := coalesce((p_body -> 'price' ->> 'amount')::numeric, o.price_amount);
        o.price_currency := coalesce(p_body -> 'price' ->> 'currency', o.price_currency);
        o.state_reason := coalesce(p_body ->> 'reason', o.state_reason);
        o.invoice_number := coalesce(p_body ->> 'invoice_number', o.invoice_number);
        o := orders.order_saved(p_tenant, v_old, o, array[case p_verb when 'confirm' then 'confirmed' when 'release' then 'released'
            when 'reject' then 'rejected' when 'cancel' then 'cancelled' when 'invoice' then 'invoiced' else lower(o.state) end]);
        if p_verb = 'confirm' and (p_body -> 'make_shipment') is distinct from 'false'::jsonb
           and not exists (select from orders.shipment s where s.tenant_id = p_tenant and s.order_id = p_order) then
            perform orders.order_ship(p_tenant, p_actor, p_context, o, '{}');
        elsif p_verb = 'confirm' then  -- of an order that credit held, what it is for may have moved meanwhile
            perform orders.order_roll_up(p_tenant, s.shipment_id) from orders.shipment s where s.tenant_id = p_tenant and s.order_id = p_order order by s.shipment_id;
            o := orders.order_locked(p_tenant, null, p_order);
        elsif p_verb = 'cancel' or v_old.state = 'IN_EXECUTION' then  -- the order ends: what has not moved yet does not any more
            v_unmoved := array(
                select s.shipment_id from orders.shipment s
                  join tracking.v_shipment_clock c on c.tenant_id = p_tenant and c.shipment_id = s.shipment_id and not c.is_moved and not c.is_terminal
                 where s.tenant_id = p_tenant and s.order_id = p_order order by s.shipment_id);
            perform tracking.api_shipments_cancel(p_tenant, p_actor, v_unmoved);
            perform orders.legs_call_off(p_tenant, v_unmoved, p_body ->> 'reason');
        end if;
    end if;
    perform audit.api_note(p_tenant, p_context, 'order', p_order, jsonb_strip_nulls(jsonb_build_object(
        'state', jsonb_build_object('old', v_old.state, 'new', o.state), 'reason', p_body -> 'reason', 'invoice_number', p_body -> 'invoice_number',
        'price', p_body -> 'price', 'delivered', case when o.state = 'INVOICED' then orders.cargo_delivered(p_tenant, p_order) end,
        'hold_reason', case when o.state = 'CREDIT_HOLD' then o.hold_reason end)));
    body := orders.order_document(p_tenant, o);
    version := o.version;
    return next;
end $$;
comment on function orders.order_go_on(uuid, uuid, jsonb, jsonb, uuid, text, jsonb) is
    'submit, confirm, release, reject, cancel, invoice or close: one guarded step, with what follows from it.';

drop function if exists orders.order_cancel_check(uuid, jsonb, orders.order_);

grant execute on function orders.order_create(uuid, uuid, jsonb, jsonb, jsonb), orders.order_accounts(uuid, jsonb),
    orders.order_locked(uuid, jsonb, uuid), orders.order_patch(uuid, jsonb, jsonb, uuid, jsonb, text), orders.places_personal(jsonb),
    orders.order_go_on(uuid, uuid, jsonb, jsonb, uuid, text, jsonb) to hansa_app;
