-- From an order to its shipments, and back: what they tell brings the order on.

create or replace function orders.order_shipments(p_tenant uuid, p_order uuid) returns json
    language plpgsql stable
    as $$
begin
    return (
    select coalesce(json_agg(row_to_json(x) order by x.shipment_id), '[]'::json)
      from (select s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta, st.last_event_time, s.customer,
                   s.carrier_scac, s.mode, s.service, s."references", s.origin, s.destination, s.planned_pickup, s.planned_delivery,
                   s.source, s.created_at
              from orders.shipment i
              join orders.v_shipment s on s.tenant_id = p_tenant and s.shipment_id = i.shipment_id
              join tracking.v_shipment_status st on st.tenant_id = p_tenant and st.shipment_id = i.shipment_id
             where i.tenant_id = p_tenant and i.order_id = p_order) x);
end $$;
comment on function orders.order_shipments(uuid, uuid) is 'Shipments of an order, oldest first, as lists show them.';

-- What no shipment carries yet; what one was to carry that was cancelled, lost or returned is free again.
create or replace function orders.cargo_left(p_tenant uuid, p_order uuid) returns table (line smallint, quantity numeric)
    language plpgsql stable
    as $$
begin
    return query
    select c.line, c.quantity - coalesce((select sum(x.quantity) from orders.shipment_cargo x
                                            join tracking.v_shipment_status t on t.tenant_id = p_tenant and t.shipment_id = x.shipment_id
                                           where x.tenant_id = p_tenant and x.order_id = p_order and x.line = c.line and t.status not in ('CANCELLED', 'LOST', 'RETURNED')), 0)
      from orders.cargo_line c
     where c.tenant_id = p_tenant and c.order_id = p_order;
end $$;
comment on function orders.cargo_left(uuid, uuid) is 'For each line of an order how much no shipment carries yet.';

-- The caller holds the order's lock, so that two who split the same cargo do so one after the other.
create or replace function orders.order_ship(p_tenant uuid, p_actor uuid, p_context jsonb, o orders.order_, p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    v_shipment uuid;
    v_bad record;
begin
    select a.place - 1 as index, a.quantity, l.line, l.quantity as most into v_bad
      from rows from (jsonb_to_recordset(p_body -> 'cargo') as (line smallint, quantity numeric)) with ordinality as a (line, quantity, place)
      left join orders.cargo_left(p_tenant, o.order_id) l on l.line = a.line
     where l.line is null or l.quantity <= 0 or a.quantity > l.quantity or a.quantity <= 0
        or (select count(*) from jsonb_array_elements(p_body -> 'cargo') e where (e.value ->> 'line')::smallint = a.line) > 1
     order by a.place limit 1;
    if found and v_bad.line is null then
        raise exception using errcode = 'PN422', message = 'orders/cargo_line_unknown', column = '/cargo/' || v_bad.index || '/line',
            detail = 'The order has no line of this number.';
    elsif found then
        raise exception using errcode = 'PN409', message = 'orders/cargo_taken', column = '/cargo/' || v_bad.index || '/quantity',
            detail = 'Of this line ' || trim_scale(greatest(v_bad.most, 0)) || ' is left; a line is named once, with more than nothing of it.';
    end if;
    v_shipment := orders.api_shipment_create(p_tenant, p_actor, jsonb_strip_nulls(jsonb_build_object(
        'tracking_number', p_body -> 'tracking_number', 'customer', jsonb_build_object('account_id', o.account_id),
        'carrier_scac', p_body -> 'carrier_scac', 'mode', o.mode, 'service', o.service, 'incoterm', o.incoterm, 'incoterm_place', o.incoterm_place,
        'origin', o.origin, 'destination', o.destination,
        'planned_pickup', orders.window_shown(o.pickup_from, o.pickup_to, o.pickup_zone),
        'planned_delivery', orders.window_shown(o.delivery_from, o.delivery_to, o.delivery_zone),
        'parties', p_body -> 'parties', 'handling_units', p_body -> 'handling_units', 'order_id', o.order_id,
        'references', (select jsonb_agg(jsonb_build_object('number', r.number, 'kind', case r.kind when 'SO' then 'OTHER' when 'ORDER' then 'OTHER'
                                                                                                else r.kind end) order by r.kind, r.number)
                         from orders.order_reference r
                        where r.tenant_id = p_tenant and r.order_id = o.order_id))), 'API');
    insert into orders.shipment_cargo (tenant_id, shipment_id, order_id, line, quantity)
    select p_tenant, v_shipment, o.order_id, l.line, coalesce(a.quantity, l.quantity)
      from orders.cargo_left(p_tenant, o.order_id) l
      left join jsonb_to_recordset(p_body -> 'cargo') as a (line smallint, quantity numeric) on a.line = l.line
     where l.quantity > 0 and (a.line is not null or not p_body ? 'cargo');
    perform audit.api_note(p_tenant, p_context, 'shipment', v_shipment, jsonb_build_object('order_id', o.order_id, 'cargo', p_body -> 'cargo',
        'parties', jsonb_array_length(coalesce(p_body -> 'parties', '[]'))));
    return v_shipment;
end $$;
comment on function orders.order_ship(uuid, uuid, jsonb, orders.order_, jsonb) is 'Makes a shipment of a locked order with the cargo that the body names, or all that is left.';

create or replace function orders.order_shipment_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_order uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    o orders.order_ := orders.order_locked(p_tenant, p_reach, p_order);
    v_shipment uuid;
begin
    if o.order_id is null then
        return null;
    elsif o.state not in ('CONFIRMED', 'IN_EXECUTION') then
        perform orders.order_refuse(p_reach, o, 'shipments are made of confirmed orders.');
    elsif exists (select from orders.cargo_line c where c.tenant_id = p_tenant and c.order_id = p_order)
          and not exists (select from orders.cargo_left(p_tenant, p_order) l where l.quantity > 0) then
        raise exception using errcode = 'PN409', message = 'orders/cargo_taken', detail = 'All cargo of the order goes with other shipments.';
    end if;
    if p_body ->> 'carrier_scac' is not null then
        perform partners.api_work_demand(p_tenant, p_reach, null, p_body ->> 'carrier_scac', '/carrier_scac');
    end if;
    -- a statement of its own: only the next one sees what it wrote
    v_shipment := orders.order_ship(p_tenant, p_actor, p_context, o, p_body);
    return orders.shipment_document_warned(p_tenant, v_shipment, p_body ->> 'carrier_scac');
end $$;
comment on function orders.order_shipment_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Makes a shipment of a confirmed order; null when the caller reaches none.';

-- After a shipment was told something. Counts anew from all shipments of the order, so it may run twice or late. What was lost or
-- returned is made good by other shipments of the same cargo; where none says what it carries, only staff can tell.
create or replace function orders.order_roll_up(p_tenant uuid, p_shipment uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_order uuid := (select s.order_id from orders.shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment);
    v_old orders.order_;
    o orders.order_;
    v_is_moved boolean;
    v_is_delivered boolean;
    v_is_missing boolean;    -- a shipment was lost or returned
    v_loaded timestamptz;
    v_unloaded timestamptz;
    v_told text[] := '{}'::text[];
begin
    if v_order is null then
        return false;
    end if;
    v_old := orders.order_locked(p_tenant, null, v_order);
    if v_old.state not in ('CONFIRMED', 'IN_EXECUTION', 'DELIVERED', 'INVOICED', 'CLOSED') then
        return false;
    end if;
    select bool_or(c.is_moved), bool_and(c.status = 'DELIVERED') filter (where c.status not in ('CANCELLED', 'LOST', 'RETURNED')),
           bool_or(c.status in ('LOST', 'RETURNED')), min(c.loaded_at), max(c.unloaded_at)
      into v_is_moved, v_is_delivered, v_is_missing, v_loaded, v_unloaded
      from orders.shipment s
      join tracking.v_shipment_clock c on c.tenant_id = p_tenant and c.shipment_id = s.shipment_id
     where s.tenant_id = p_tenant and s.order_id = v_order;
    v_is_delivered := coalesce(v_is_delivered, false)
                      and case when exists (select from orders.shipment_cargo x where x.tenant_id = p_tenant and x.order_id = v_order)
                               then not exists (select from orders.cargo_left(p_tenant, v_order) l where l.quantity > 0)
                               else v_is_missing is not true end;
    o := v_old;
    if o.state = 'CONFIRMED' and coalesce(v_is_moved, false) then
        o := orders.order_step(null, o, 'begin');
        v_told := v_told || 'begun'::text;
    end if;
    if o.state = 'IN_EXECUTION' and v_is_delivered then
        o := orders.order_step(null, o, 'deliver');
        v_told := v_told || 'delivered'::text;
    elsif o.state = 'DELIVERED' and not v_is_delivered then
        o := orders.order_step(null, o, 'reopen');
        v_told := v_told || 'reopened'::text;
    elsif o.state in ('INVOICED', 'CLOSED') and v_is_delivered <> (v_old.unloaded_at is not null) then  -- billed is billed; others want to know
        v_told := v_told || case when v_is_delivered then 'delivered' else 'delivery_withdrawn' end;
    end if;
    o.loaded_at := v_loaded;
    o.unloaded_at := case when v_is_delivered then v_unloaded end;
    if o is distinct from v_old then
        perform orders.order_saved(p_tenant, v_old, o, v_told);
        perform audit.api_note(p_tenant, '{}', 'order', v_order, jsonb_build_object('shipment_id', p_shipment,
            'state', jsonb_build_object('old', v_old.state, 'new', o.state)));
    end if;
    return true;
end $$;
comment on function orders.order_roll_up(uuid, uuid) is 'IN_EXECUTION at the first pickup; DELIVERED when all shipments are and, where any says what it carries, no cargo is left; back when that is corrected.';

grant execute on function orders.order_shipments(uuid, uuid), orders.cargo_left(uuid, uuid), orders.order_ship(uuid, uuid, jsonb, orders.order_, jsonb),
    orders.order_shipment_create(uuid, uuid, jsonb, jsonb, uuid, jsonb), orders.order_roll_up(uuid, uuid) to hansa_app;
