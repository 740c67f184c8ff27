-- Consignments, stops and legs of a shipment. All of them change under the lock of the shipment's row, so that places in an order
-- are given out once.

create or replace function orders.shipment_locked(p_tenant uuid, p_reach jsonb, p_shipment uuid) returns boolean
    language plpgsql volatile
    as $$
begin
    perform from orders.shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment for no key update;
    return found and orders.api_is_reached(p_tenant, p_reach, p_shipment);
end $$;
comment on function orders.shipment_locked(uuid, jsonb, uuid) is 'Locks a shipment until the transaction ends; false when the caller reaches none.';

-- The carrier that a body names, checked; without a SCAC that of its account.
create or replace function orders.carrier_named(p_tenant uuid, p_reach jsonb, p_account uuid, p_scac text) returns text
    language plpgsql stable
    as $$
begin
    if p_account is not null and not (crm.api_account_is_known(p_tenant, p_account) and crm.api_account_is_reached(p_tenant, p_reach, p_account)) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/carrier_account_id',
            detail = 'There is no account with this id.';
    end if;
    perform partners.api_work_demand(p_tenant, p_reach, p_account, p_scac, case when p_account is not null then '/carrier_account_id' else '/carrier_scac' end);
    return coalesce(p_scac, crm.api_account_scac(p_tenant, p_account));
end $$;
comment on function orders.carrier_named(uuid, jsonb, uuid, text) is 'SCAC of the carrier that a body names; refuses an account that the caller does not reach, and a carrier that is to be given no work.';

-- --- consignments ---

create or replace function orders.consignment_document(p_tenant uuid, c orders.consignment) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('consignment_id', c.consignment_id, 'shipment_id', c.shipment_id, 'kind', c.kind, 'number', c.number,
        'carrier_account_id', c.carrier_account_id, 'carrier_scac', c.carrier_scac,
        'handling_units', (select coalesce(json_agg(u.sscc order by u.position), '[]'::json) from orders.handling_unit u
                            where u.tenant_id = p_tenant and u.consignment_id = c.consignment_id and u.sscc is not null),
        'created_at', core.rfc3339(c.created_at));
end $$;
comment on function orders.consignment_document(uuid, orders.consignment) is 'A consignment as replies show it.';

-- A partner sees its own papers, not those of others.
create or replace function orders.consignment_is_reached(p_tenant uuid, p_reach jsonb, c orders.consignment) returns boolean
    language plpgsql stable
    as $$
begin
    return case when p_reach ->> 'kind' = 'PARTNER'
                then coalesce(c.carrier_account_id = (p_reach ->> 'partner_id')::uuid, c.carrier_scac = p_reach ->> 'scac', false)
                else orders.api_is_reached(p_tenant, p_reach, c.shipment_id) end;
end $$;
comment on function orders.consignment_is_reached(uuid, jsonb, orders.consignment) is 'May the caller see the consignment?';

create or replace function orders.consignment_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    c orders.consignment;
    v_missing bigint;
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    c.carrier_account_id := (p_body ->> 'carrier_account_id')::uuid;
    c.carrier_scac := orders.carrier_named(p_tenant, p_reach, c.carrier_account_id, p_body ->> 'carrier_scac');
    select g.place - 1 into v_missing
      from jsonb_array_elements_text(coalesce(p_body -> 'handling_units', '[]')) with ordinality as g (sscc, place)
     where not exists (select from orders.handling_unit u where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.sscc = g.sscc)
     order by g.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/unit_not_found', column = '/handling_units/' || v_missing,
            detail = 'The shipment has no handling unit with this SSCC.';
    end if;
    insert into orders.consignment (tenant_id, consignment_id, shipment_id, kind, number, carrier_account_id, carrier_scac, created_by)
    values (p_tenant, core.uuidv7(), p_shipment, p_body ->> 'kind', p_body ->> 'number', c.carrier_account_id, c.carrier_scac, p_actor)
    returning * into c;
    update orders.handling_unit u set consignment_id = c.consignment_id
     where u.tenant_id = p_tenant and u.shipment_id = p_shipment
       and u.sscc = any (array(select jsonb_array_elements_text(p_body -> 'handling_units')));
    -- whoever asks for the paper's number finds the shipment
    perform orders.api_numbers_add(p_tenant, p_shipment, jsonb_build_array(jsonb_build_object('number', c.number,
        'kind', case c.kind when 'CMR' then 'WAYBILL' when 'BL' then 'BOL' else c.kind end)));
    perform tracking.api_parts_changed(p_tenant, p_shipment);
    perform core.api_event(p_tenant, 'orders.consignment.created', 'consignment', c.consignment_id, jsonb_build_object('shipment_id', p_shipment));
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, jsonb_build_object('consignment_id', c.consignment_id, 'kind', c.kind,
        'number', c.number, 'carrier_account_id', c.carrier_account_id, 'carrier_scac', c.carrier_scac));
    return core.json_with(orders.consignment_document(p_tenant, c), 'warnings',
                          to_json(partners.api_work_warnings(p_tenant, c.carrier_account_id, c.carrier_scac)));
end $$;
comment on function orders.consignment_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Adds a contract of carriage to a shipment; null when the caller reaches none.';

-- --- stops ---

create or replace function orders.stop_document(t orders.stop) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('stop_id', t.stop_id, 'shipment_id', t.shipment_id, 'seq', t.seq, 'type', t.type, 'place', t.place,
                                   'window', orders.window_shown(t.window_from, t.window_to, t.zone), 'arrived_at', core.rfc3339(t.arrived_at),
                                   'departed_at', core.rfc3339(t.departed_at));
end $$;
comment on function orders.stop_document(orders.stop) is 'A stop as replies show it.';

create or replace function orders.stop_is_reached(p_tenant uuid, p_reach jsonb, t orders.stop) returns boolean
    language plpgsql stable
    as $$
begin
    return orders.api_is_reached(p_tenant, p_reach, t.shipment_id)
        or (p_reach ->> 'kind' = 'PARTNER'
            and exists (select from orders.leg l where l.tenant_id = p_tenant and l.shipment_id = t.shipment_id
                           and t.stop_id in (l.from_stop_id, l.to_stop_id) and orders.leg_is_carried(p_reach, l)));
end $$;
comment on function orders.stop_is_reached(uuid, jsonb, orders.stop) is 'May the caller see the stop: as one of a shipment within reach, or of a leg that it carries?';

create or replace function orders.stop_create(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    t orders.stop;
    v_window jsonb := nullif(p_body -> 'window', 'null');
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    perform orders.window_check(v_window, '/window');
    insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, window_from, window_to, zone)
    values (p_tenant, core.uuidv7(), p_shipment,
            coalesce((p_body ->> 'seq')::smallint, (select coalesce(max(o.seq), 0) + 1 from orders.stop o where o.tenant_id = p_tenant and o.shipment_id = p_shipment)),
            p_body ->> 'type', jsonb_strip_nulls(coalesce(nullif(p_body -> 'place', 'null'), '{}')), (v_window ->> 'from')::timestamptz,
            (v_window ->> 'to')::timestamptz,
            orders.window_zone(p_tenant, v_window, p_body -> 'place', case when v_window ? 'zone' then '/window/zone' else '/place/zone' end))
    returning * into t;
    perform tracking.api_parts_changed(p_tenant, p_shipment);
    perform core.api_event(p_tenant, 'orders.stop.created', 'stop', t.stop_id, jsonb_build_object('shipment_id', p_shipment));
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, orders.places_personal(jsonb_build_object('stop_id', t.stop_id, 'seq', t.seq,
        'type', t.type, 'place', t.place)));
    return orders.stop_document(t);
end $$;
comment on function orders.stop_create(uuid, jsonb, jsonb, uuid, jsonb) is 'Adds a stop to a shipment; null when the caller reaches none.';

create or replace function orders.stop_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_stop uuid, p_patch jsonb, p_if_match text,
                                             out body json, out version bigint, out current json) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.stop;
    t orders.stop;
    v_window jsonb;
    v_changes jsonb;
begin
    select * into v_old from orders.stop o where o.tenant_id = p_tenant and o.stop_id = p_stop and o.shipment_id = p_shipment for no key update;
    if not found or not orders.api_is_reached(p_tenant, p_reach, p_shipment) then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := orders.stop_document(v_old);
        return next;
        return;
    end if;
    t := v_old;
    t.place := coalesce(orders.place_patched(p_patch, 'place', v_old.place), '{}');
    t.arrived_at := core.patched(p_patch, 'arrived_at', v_old.arrived_at::text)::timestamptz;
    t.departed_at := core.patched(p_patch, 'departed_at', v_old.departed_at::text)::timestamptz;
    if p_patch ? 'window' then
        v_window := orders.window_patched(p_patch, 'window', v_old.window_from, v_old.window_to, v_old.zone);
        perform orders.window_check(v_window, '/window');
        t.window_from := (v_window ->> 'from')::timestamptz;
        t.window_to := (v_window ->> 'to')::timestamptz;
        t.zone := orders.window_zone(p_tenant, v_window, t.place, '/window/zone');
    end if;
    select jsonb_object_agg(n.key, jsonb_build_object('old', w.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(t)) n join jsonb_each(to_jsonb(v_old)) w on w.key = n.key
     where n.value is distinct from w.value;
    if v_changes is not null then
        update orders.stop o
           set place = t.place, window_from = t.window_from, window_to = t.window_to, zone = t.zone, arrived_at = t.arrived_at,
               departed_at = t.departed_at, version = o.version + 1
         where o.tenant_id = p_tenant and o.stop_id = p_stop
        returning * into t;
        version := t.version;
        perform core.api_event(p_tenant, 'orders.stop.changed', 'stop', p_stop, jsonb_build_object('shipment_id', p_shipment));
        perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, orders.places_personal(v_changes || jsonb_build_object('stop_id', p_stop)));
    end if;
    body := orders.stop_document(t);
    return next;
end $$;
comment on function orders.stop_patch(uuid, jsonb, jsonb, uuid, uuid, jsonb, text) is 'Changes a stop by a merge patch, if p_if_match admits its version.';

-- --- legs ---

drop function if exists orders.leg_document(jsonb, orders.leg);
-- Papers of the carrier that have run out matter until it is loaded.
create or replace function orders.leg_document(l orders.leg) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('leg_id', l.leg_id, 'shipment_id', l.shipment_id, 'seq', l.seq, 'mode', l.mode, 'state', l.state,
                     'consignment_id', l.consignment_id, 'from_stop_id', l.from_stop_id, 'to_stop_id', l.to_stop_id,
                     'carrier_account_id', l.carrier_account_id, 'carrier_scac', l.carrier_scac, 'vehicle', l.vehicle,
                     'planned_departure', core.rfc3339(l.planned_departure), 'planned_arrival', core.rfc3339(l.planned_arrival),
                     'loaded_at', core.rfc3339(l.loaded_at), 'actual_departure', core.rfc3339(l.actual_departure),
                     'actual_arrival', core.rfc3339(l.actual_arrival), 'unloaded_at', core.rfc3339(l.unloaded_at),
                     'cost', orders.money(l.cost_amount, l.cost_currency),
                     'co2_kg', l.co2_kg::text, 'state_reason', l.state_reason,
                     'warnings', case when l.state in ('PLANNED', 'TENDERED', 'ACCEPTED', 'DISPATCHED', 'AT_ORIGIN')
                                      then partners.api_work_warnings(l.tenant_id, l.carrier_account_id, l.carrier_scac) else '{}' end);
end $$;
comment on function orders.leg_document(orders.leg) is 'A leg as replies show it; the server cuts it for others than staff.';

create or replace function orders.leg_is_reached(p_tenant uuid, p_reach jsonb, l orders.leg) returns boolean
    language plpgsql stable
    as $$
begin
    return case when p_reach ->> 'kind' = 'PARTNER' then orders.leg_is_carried(p_reach, l) else orders.api_is_reached(p_tenant, p_reach, l.shipment_id) end;
end $$;
comment on function orders.leg_is_reached(uuid, jsonb, orders.leg) is 'May the caller see the leg? A partner sees its own, whatever else of the shipment it carries.';

-- What a body says of a leg's row; a new leg is a patch of an empty one.
create or replace function orders.leg_filled(p_tenant uuid, p_reach jsonb, p_old orders.leg, p_patch jsonb) returns orders.leg
    language plpgsql stable
    as $$
declare
    l orders.leg := p_old;
begin
    perform orders.amount_check(p_patch, 'cost');
    if (p_patch ->> 'co2_kg')::numeric < 0 then
        raise exception using errcode = 'PN422', message = 'orders/amount_negative', column = '/co2_kg', detail = 'An amount cannot be below zero.';
    end if;
    l.consignment_id := core.patched(p_patch, 'consignment_id', p_old.consignment_id::text)::uuid;
    l.carrier_account_id := core.patched(p_patch, 'carrier_account_id', p_old.carrier_account_id::text)::uuid;
    l.carrier_scac := core.patched(p_patch, 'carrier_scac', case when p_patch ? 'carrier_account_id' then null else p_old.carrier_scac end);
    if p_patch ?| '{carrier_account_id,carrier_scac}' then
        l.carrier_scac := orders.carrier_named(p_tenant, p_reach, l.carrier_account_id, l.carrier_scac);
    end if;
    l.vehicle := core.patched(p_patch, 'vehicle', p_old.vehicle);
    l.planned_departure := core.patched(p_patch, 'planned_departure', p_old.planned_departure::text)::timestamptz;
    l.planned_arrival := core.patched(p_patch, 'planned_arrival', p_old.planned_arrival::text)::timestamptz;
    l.co2_kg := core.patched(p_patch, 'co2_kg', p_old.co2_kg::text)::numeric;
    if p_patch ? 'cost' then
        l.cost_amount := (p_patch -> 'cost' ->> 'amount')::numeric;
        l.cost_currency := p_patch -> 'cost' ->> 'currency';
    end if;
    if l.planned_departure > l.planned_arrival then
        raise exception using errcode = 'PN422', message = 'orders/window_reversed', column = '/planned_arrival',
            detail = 'The leg arrives before it leaves.';
    elsif orders.api_level_missing(p_tenant, l.shipment_id, l.consignment_id, null, null) is not null then
        raise exception using errcode = 'PN422', message = 'orders/consignment_unknown', column = '/consignment_id',
            detail = 'The shipment has no consignment with this id.';
    end if;
    return l;
end $$;
comment on function orders.leg_filled(uuid, jsonb, orders.leg, jsonb) is 'A leg''s row after a body or a merge patch; writes nothing.';

create or replace function orders.leg_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    l orders.leg;
    v_bad text;
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    v_bad := case when orders.api_level_missing(p_tenant, p_shipment, null, null, (p_body ->> 'from_stop_id')::uuid) is not null then '/from_stop_id'
                  when orders.api_level_missing(p_tenant, p_shipment, null, null, (p_body ->> 'to_stop_id')::uuid) is not null
                       or p_body ->> 'to_stop_id' = p_body ->> 'from_stop_id' then '/to_stop_id' end;
    if v_bad is not null then
        raise exception using errcode = 'PN422', message = 'orders/stop_unknown', column = v_bad,
            detail = 'A leg goes from one stop of the shipment to another.';
    end if;
    l.shipment_id := p_shipment;
    l := orders.leg_filled(p_tenant, p_reach, l, p_body);
    insert into orders.leg (tenant_id, leg_id, shipment_id, seq, mode, consignment_id, from_stop_id, to_stop_id, carrier_account_id, carrier_scac,
                            vehicle, planned_departure, planned_arrival, cost_amount, cost_currency, co2_kg, created_by)
    values (p_tenant, core.uuidv7(), p_shipment,
            coalesce((p_body ->> 'seq')::smallint, (select coalesce(max(o.seq), 0) + 1 from orders.leg o where o.tenant_id = p_tenant and o.shipment_id = p_shipment)),
            p_body ->> 'mode', l.consignment_id, (p_body ->> 'from_stop_id')::uuid, (p_body ->> 'to_stop_id')::uuid, l.carrier_account_id,
            l.carrier_scac, l.vehicle, l.planned_departure, l.planned_arrival, l.cost_amount, l.cost_currency, l.co2_kg, p_actor)
    returning * into l;
    perform core.api_event(p_tenant, 'orders.leg.created', 'leg', l.leg_id, jsonb_build_object('shipment_id', p_shipment));
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, jsonb_build_object('leg_id', l.leg_id, 'seq', l.seq, 'mode', l.mode,
        'carrier_account_id', l.carrier_account_id, 'carrier_scac', l.carrier_scac, 'cost', orders.money(l.cost_amount, l.cost_currency)));
    return orders.leg_document(l);
end $$;
comment on function orders.leg_create(uuid, uuid, jsonb, jsonb, uuid, jsonb) is 'Adds a leg to a shipment; null when the caller reaches none.';

create or replace function orders.leg_locked(p_tenant uuid, p_reach jsonb, p_shipment uuid, p_leg uuid) returns orders.leg
    language plpgsql volatile
    as $$
declare
    l orders.leg;
begin
    select * into l from orders.leg o where o.tenant_id = p_tenant and o.leg_id = p_leg and o.shipment_id = p_shipment for no key update;
    if not found or not orders.leg_is_reached(p_tenant, p_reach, l) then
        return null;
    end if;
    return l;
end $$;
comment on function orders.leg_locked(uuid, jsonb, uuid, uuid) is 'A leg within reach, locked until the transaction ends; else null.';

create or replace function orders.leg_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_leg uuid, p_patch jsonb, p_if_match text,
                                            out body json, out version bigint, out current json) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.leg := orders.leg_locked(p_tenant, p_reach, p_shipment, p_leg);
    l orders.leg;
    v_changes jsonb;
begin
    if v_old.leg_id is null then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := orders.leg_document(v_old);
        return next;
        return;
    elsif v_old.state = 'TENDERED' and p_patch ?| '{carrier_account_id,carrier_scac,cost}' then
        raise exception using errcode = 'PN409', message = 'orders/leg_state', detail = 'The leg is TENDERED; its award names carrier and cost.',
            hint = orders.leg_steps(v_old);
    end if;
    l := orders.leg_filled(p_tenant, p_reach, v_old, p_patch);
    select jsonb_object_agg(n.key, jsonb_build_object('old', w.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(l)) n join jsonb_each(to_jsonb(v_old)) w on w.key = n.key
     where n.value is distinct from w.value;
    if v_changes is not null then
        update orders.leg o
           set consignment_id = l.consignment_id, carrier_account_id = l.carrier_account_id, carrier_scac = l.carrier_scac, vehicle = l.vehicle,
               planned_departure = l.planned_departure, planned_arrival = l.planned_arrival, cost_amount = l.cost_amount,
               cost_currency = l.cost_currency, co2_kg = l.co2_kg, changed_at = clock_timestamp(), version = o.version + 1
         where o.tenant_id = p_tenant and o.leg_id = p_leg
        returning * into l;
        version := l.version;
        perform core.api_event(p_tenant, 'orders.leg.changed', 'leg', p_leg, jsonb_build_object('shipment_id', p_shipment));
        perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, v_changes || jsonb_build_object('leg_id', p_leg));
    end if;
    body := orders.leg_document(l);
    return next;
end $$;
comment on function orders.leg_patch(uuid, jsonb, jsonb, uuid, uuid, jsonb, text) is 'Changes a leg by a merge patch, if p_if_match admits its version.';

create or replace function orders.leg_move(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_leg uuid, p_body jsonb,
                                           out body json, out version bigint) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.leg := orders.leg_locked(p_tenant, p_reach, p_shipment, p_leg);
    l orders.leg;
begin
    if v_old.leg_id is null then
        return;
    elsif v_old.state = 'TENDERED' then
        raise exception using errcode = 'PN409', message = 'orders/leg_state', detail = 'The leg is TENDERED; award or withdraw the tender.',
            hint = orders.leg_steps(v_old);
    elsif p_body ->> 'state' in ('ACCEPTED', 'DISPATCHED') then  -- agreed weeks ago, perhaps: what has run out since then counts
        perform partners.api_work_demand(p_tenant, p_reach, v_old.carrier_account_id, v_old.carrier_scac, '/state');
    end if;
    l := orders.leg_stepped(p_tenant, v_old, case p_body ->> 'state' when 'ACCEPTED' then 'accept' when 'DISPATCHED' then 'dispatch'
        when 'AT_ORIGIN' then 'arrive_origin' when 'LOADED' then 'load' when 'DEPARTED' then 'depart' when 'ARRIVED' then 'arrive'
        when 'UNLOADED' then 'unload' when 'HANDED_OVER' then 'hand_over' when 'DELIVERED' then 'deliver' when 'COMPLETED' then 'complete'
        when 'FAILED' then 'fail' else 'cancel' end, p_body ->> 'reason');
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, jsonb_build_object('leg_id', p_leg,
        'state', jsonb_build_object('old', v_old.state, 'new', l.state), 'reason', p_body -> 'reason'));
    body := orders.leg_document(l);
    version := l.version;
    return next;
end $$;
comment on function orders.leg_move(uuid, jsonb, jsonb, uuid, uuid, jsonb) is 'Brings a leg one step on by hand.';

grant execute on function orders.shipment_locked(uuid, jsonb, uuid), orders.carrier_named(uuid, jsonb, uuid, text),
    orders.consignment_document(uuid, orders.consignment), orders.consignment_is_reached(uuid, jsonb, orders.consignment),
    orders.consignment_create(uuid, uuid, jsonb, jsonb, uuid, jsonb), orders.stop_document(orders.stop),
    orders.stop_is_reached(uuid, jsonb, orders.stop), orders.stop_create(uuid, jsonb, jsonb, uuid, jsonb),
    orders.stop_patch(uuid, jsonb, jsonb, uuid, uuid, jsonb, text), orders.leg_document(orders.leg),
    orders.leg_is_reached(uuid, jsonb, orders.leg), orders.leg_filled(uuid, jsonb, orders.leg, jsonb),
    orders.leg_create(uuid, uuid, jsonb, jsonb, uuid, jsonb), orders.leg_locked(uuid, jsonb, uuid, uuid),
    orders.leg_patch(uuid, jsonb, jsonb, uuid, uuid, jsonb, text), orders.leg_move(uuid, jsonb, jsonb, uuid, uuid, jsonb) to hansa_app;
