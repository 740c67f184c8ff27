-- The tree of handling units: adding, nesting, splitting. A unit that others stand in is judged by them (decision 0011), so after each
-- change the status is derived anew.

create or replace function orders.units_document(p_tenant uuid, p_shipment uuid) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('handling_units', (
        select coalesce(json_agg(json_build_object('handling_unit_id', u.handling_unit_id, 'sscc', u.sscc, 'type', u.unit_type,
                   'description', u.description, 'weight_kg', u.weight_kg::text, 'volume_m3', u.volume_m3::text, 'length_cm', u.length_cm::text,
                   'width_cm', u.width_cm::text, 'height_cm', u.height_cm::text,
                   'parent_sscc', (select o.sscc from orders.handling_unit o where o.tenant_id = p_tenant and o.handling_unit_id = u.parent_id),
                   'parent_id', u.parent_id, 'consignment_id', u.consignment_id) order by u.position), '[]'::json)
          from orders.handling_unit u
         where u.tenant_id = p_tenant and u.shipment_id = p_shipment));
end $$;
comment on function orders.units_document(uuid, uuid) is 'All handling units of a shipment, in order, with what they stand in.';

-- Further units: parent_sscc names one of the list or one that is there. p_under: where those without parent_sscc are put.
create or replace function orders.units_added(p_tenant uuid, p_shipment uuid, p_units jsonb, p_under uuid) returns void
    language plpgsql volatile
    as $$
declare
    v_last smallint := (select coalesce(max(u.position), 0) from orders.handling_unit u where u.tenant_id = p_tenant and u.shipment_id = p_shipment);
    v_bad record;
begin
    if v_last + jsonb_array_length(p_units) > 5000 then
        raise exception using errcode = 'PN422', message = 'orders/units_too_many', column = '/handling_units',
            detail = 'A shipment has at most 5,000 handling units.';
    end if;
    select u.place - 1 as index, m.name into v_bad
      from jsonb_array_elements(p_units) with ordinality as u (value, place),
           unnest(array['weight_kg', 'volume_m3', 'length_cm', 'width_cm', 'height_cm']) with ordinality as m (name, place)
     where (u.value ->> m.name)::numeric < 0
     order by u.place, m.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/measure_negative',
            column = '/handling_units/' || v_bad.index || '/' || v_bad.name, detail = 'A measure cannot be below zero.';
    end if;
    insert into orders.handling_unit (tenant_id, handling_unit_id, shipment_id, parent_id, position, sscc, unit_type, description,
                                      weight_kg, volume_m3, length_cm, width_cm, height_cm)
    select p_tenant, core.uuidv7(), p_shipment, p_under, v_last + u.ordinality, u.sscc, u.type, u.description, u.weight_kg, u.volume_m3,
           u.length_cm, u.width_cm, u.height_cm
      from rows from (jsonb_to_recordset(p_units) as (sscc text, type text, description text, weight_kg numeric, volume_m3 numeric,
                      length_cm numeric, width_cm numeric, height_cm numeric)) with ordinality as u;
    select g.ordinality - 1 as index into v_bad
      from rows from (jsonb_to_recordset(p_units) as (sscc text, parent_sscc text)) with ordinality as g
     where g.parent_sscc is not null
       and (g.parent_sscc = g.sscc
            or not exists (select from orders.handling_unit u where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.sscc = g.parent_sscc))
     order by g.ordinality limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/parent_not_found', column = '/handling_units/' || v_bad.index || '/parent_sscc',
            detail = 'parent_sscc names another handling unit of the same shipment, and not in a circle.';
    end if;
    update orders.handling_unit u
       set parent_id = p.handling_unit_id
      from rows from (jsonb_to_recordset(p_units) as (parent_sscc text)) with ordinality as g
      join orders.handling_unit p on p.tenant_id = p_tenant and p.shipment_id = p_shipment and p.sscc = g.parent_sscc
     where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.position = v_last + g.ordinality;
    if orders.units_have_circle(p_tenant, p_shipment) then
        raise exception using errcode = 'PN422', message = 'orders/parent_not_found', column = '/handling_units',
            detail = 'parent_sscc names another handling unit of the same shipment, and not in a circle.';
    end if;
    perform orders.api_numbers_add(p_tenant, p_shipment, coalesce((
        select jsonb_agg(jsonb_build_object('kind', 'SSCC', 'number', u.sscc)) from jsonb_to_recordset(p_units) as u (sscc text) where u.sscc is not null), '[]'));
end $$;
comment on function orders.units_added(uuid, uuid, jsonb, uuid) is 'Adds units to a locked shipment.';

create or replace function orders.units_have_circle(p_tenant uuid, p_shipment uuid) returns boolean
    language plpgsql stable
    as $$
begin
    -- Each unit hangs from one that stands by itself; what no walk down from those meets goes round in a circle.
    return exists (
        with recursive tree as (
            select u.handling_unit_id from orders.handling_unit u where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.parent_id is null
            union
            select u.handling_unit_id from tree t join orders.handling_unit u on u.tenant_id = p_tenant and u.parent_id = t.handling_unit_id)
        select from orders.handling_unit u
         where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.handling_unit_id not in (select t.handling_unit_id from tree t));
end $$;
comment on function orders.units_have_circle(uuid, uuid) is 'Does some unit of the shipment stand in itself?';

create or replace function orders.unit_noted(p_tenant uuid, p_context jsonb, p_shipment uuid, p_changes jsonb) returns json
    language plpgsql volatile
    as $$
begin
    perform tracking.api_parts_changed(p_tenant, p_shipment);
    perform core.api_event(p_tenant, 'orders.shipment.repacked', 'shipment', p_shipment);
    perform audit.api_note(p_tenant, p_context, 'shipment', p_shipment, p_changes);
    return orders.units_document(p_tenant, p_shipment);
end $$;
comment on function orders.unit_noted(uuid, jsonb, uuid, jsonb) is 'What follows each change of the tree; answers the tree.';

create or replace function orders.unit_add(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    perform orders.units_added(p_tenant, p_shipment, p_body -> 'handling_units', null);
    return orders.unit_noted(p_tenant, p_context, p_shipment, jsonb_build_object('handling_units_added', jsonb_array_length(p_body -> 'handling_units')));
end $$;
comment on function orders.unit_add(uuid, jsonb, jsonb, uuid, jsonb) is 'Adds handling units to a shipment; null when the caller reaches none.';

create or replace function orders.unit_nest(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_unit uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_old orders.handling_unit;
    v_parent uuid := (p_body ->> 'parent_id')::uuid;
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    select * into v_old from orders.handling_unit u where u.tenant_id = p_tenant and u.handling_unit_id = p_unit and u.shipment_id = p_shipment;
    if not found then
        return null;
    end if;
    if v_parent is not null and not exists (select from orders.handling_unit u where u.tenant_id = p_tenant and u.handling_unit_id = v_parent
                                               and u.shipment_id = p_shipment) then
        raise exception using errcode = 'PN422', message = 'orders/parent_not_found', column = '/parent_id',
            detail = 'The shipment has no such handling unit.';
    end if;
    update orders.handling_unit u set parent_id = v_parent where u.tenant_id = p_tenant and u.handling_unit_id = p_unit;
    if orders.units_have_circle(p_tenant, p_shipment) then
        raise exception using errcode = 'PN422', message = 'orders/parent_not_found', column = '/parent_id',
            detail = 'A unit does not stand in itself, nor in what stands in it.';
    end if;
    return orders.unit_noted(p_tenant, p_context, p_shipment, jsonb_build_object('handling_unit_id', p_unit,
        'parent_id', jsonb_build_object('old', v_old.parent_id, 'new', v_parent)));
end $$;
comment on function orders.unit_nest(uuid, jsonb, jsonb, uuid, uuid, jsonb) is 'Puts a unit into another, or by itself; null when the caller reaches none.';

create or replace function orders.unit_split(p_tenant uuid, p_context jsonb, p_reach jsonb, p_shipment uuid, p_unit uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_old orders.handling_unit;
begin
    if not orders.shipment_locked(p_tenant, p_reach, p_shipment) then
        return null;
    end if;
    select * into v_old from orders.handling_unit u where u.tenant_id = p_tenant and u.handling_unit_id = p_unit and u.shipment_id = p_shipment;
    if not found then
        return null;
    elsif exists (select from orders.handling_unit u where u.tenant_id = p_tenant and u.parent_id = p_unit) then
        raise exception using errcode = 'PN409', message = 'orders/unit_not_whole', detail = 'Other units stand in it; split those, or add to it.';
    elsif (select sum((u.value ->> 'weight_kg')::numeric) from jsonb_array_elements(p_body -> 'handling_units') u) > v_old.weight_kg then
        raise exception using errcode = 'PN422', message = 'orders/parts_too_heavy', column = '/handling_units',
            detail = 'The parts weigh more than the whole.';
    end if;
    perform orders.units_added(p_tenant, p_shipment, (select jsonb_agg(u.value - 'parent_sscc') from jsonb_array_elements(p_body -> 'handling_units') u), p_unit);
    return orders.unit_noted(p_tenant, p_context, p_shipment, jsonb_build_object('handling_unit_id', p_unit,
        'split_into', jsonb_array_length(p_body -> 'handling_units')));
end $$;
comment on function orders.unit_split(uuid, jsonb, jsonb, uuid, uuid, jsonb) is 'Divides a unit into parts that stand in it; null when the caller reaches none.';

grant execute on function orders.units_document(uuid, uuid), orders.units_added(uuid, uuid, jsonb, uuid), orders.units_have_circle(uuid, uuid),
    orders.unit_noted(uuid, jsonb, uuid, jsonb), orders.unit_add(uuid, jsonb, jsonb, uuid, jsonb),
    orders.unit_nest(uuid, jsonb, jsonb, uuid, uuid, jsonb), orders.unit_split(uuid, jsonb, jsonb, uuid, uuid, jsonb) to hansa_app;
