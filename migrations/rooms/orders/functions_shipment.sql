-- Making a shipment, and the document that shows it.

-- The zone of a planned window: its own, else the place's, else the tenant's.
create or replace function orders.window_zone(p_tenant uuid, p_window jsonb, p_place jsonb, p_pointer text) returns text
    language plpgsql stable
    as $$
declare
    v_zone text := coalesce(p_window ->> 'zone', p_place ->> 'zone',
                            (select t.zone from identity.v_tenant t where t.id = p_tenant), 'UTC');
begin
    if not exists (select from core.zone z where z.zone = v_zone) then
        raise exception using errcode = 'PN422', message = 'orders/zone_unknown', column = p_pointer,
            detail = 'Give an IANA zone such as America/Chicago.';
    end if;
    return v_zone;
end $$;

create or replace function orders.window_check(p_window jsonb, p_pointer text) returns void
    language plpgsql stable
    as $$
begin
    if (p_window ->> 'from')::timestamptz > (p_window ->> 'to')::timestamptz then
        raise exception using errcode = 'PN422', message = 'orders/window_reversed', column = p_pointer || '/to',
            detail = 'The window ends before it begins.';
    end if;
end $$;

-- Adds numbers to a shipment; one that it has already is left as it is. Their place in the list is that of the request's references,
-- so that an error can name it.
create or replace function orders.api_numbers_add(p_tenant uuid, p_shipment uuid, p_numbers jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_empty bigint;
begin
    select n.place - 1 into v_empty
      from jsonb_array_elements(p_numbers) with ordinality as n (value, place)
     where orders.api_number_key(n.value ->> 'number') = ''
     order by n.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/number_empty', column = '/references/' || v_empty || '/number',
            detail = 'A number needs at least one letter or digit.';
    end if;
    insert into orders.shipment_number (tenant_id, number_key, shipment_id, kind, number)
    select p_tenant, orders.api_number_key(n.number), p_shipment, n.kind, n.number
      from jsonb_to_recordset(p_numbers) as n (kind text, number text)
        on conflict (tenant_id, number_key, shipment_id, kind) do nothing;
end $$;
comment on function orders.api_numbers_add(uuid, uuid, jsonb) is 'Gives a shipment further numbers: [{kind, number}].';

-- Makes a shipment from a checked body (shipment_create.json) and gives it its first status.
create or replace function orders.api_shipment_create(p_tenant uuid, p_actor uuid, p_body jsonb, p_source text) returns uuid
    language plpgsql volatile
    as $$
declare
    v_shipment uuid := core.uuidv7();
    v_number text := p_body ->> 'tracking_number';
    v_account uuid;
    v_pickup jsonb := nullif(p_body -> 'planned_pickup', 'null');
    v_delivery jsonb := nullif(p_body -> 'planned_delivery', 'null');
    v_pickup_zone text;
    v_delivery_zone text;
    v_order uuid := (p_body ->> 'order_id')::uuid;
begin
    if v_number is null then
        loop
            v_number := orders.new_tracking_number();
            exit when not exists (select from orders.shipment_number n
                                   where n.tenant_id = p_tenant and n.number_key = v_number and n.kind = 'TRACKING');
        end loop;
    elsif orders.api_number_key(v_number) = '' then
        raise exception using errcode = 'PN422', message = 'orders/number_empty', column = '/tracking_number',
            detail = 'A number needs at least one letter or digit.';
    end if;
    perform orders.window_check(v_pickup, '/planned_pickup');
    perform orders.window_check(v_delivery, '/planned_delivery');
    v_pickup_zone := orders.window_zone(p_tenant, v_pickup, p_body -> 'origin',
                                        case when v_pickup ? 'zone' then '/planned_pickup/zone' else '/origin/zone' end);
    v_delivery_zone := orders.window_zone(p_tenant, v_delivery, p_body -> 'destination',
                                          case when v_delivery ? 'zone' then '/planned_delivery/zone' else '/destination/zone' end);
    v_account := crm.api_customer(p_tenant, p_actor, p_body -> 'customer', '/customer');

    insert into orders.shipment (tenant_id, shipment_id, tracking_number, account_id, carrier_scac, mode, service, incoterm,
                                 incoterm_place, origin, destination, planned_pickup_from, planned_pickup_to, planned_pickup_zone,
                                 planned_delivery_from, planned_delivery_to, planned_delivery_zone, planned_delivery_date, source,
                                 created_by, order_id)
    values (p_tenant, v_shipment, v_number, v_account, p_body ->> 'carrier_scac', p_body ->> 'mode', p_body ->> 'service',
            p_body ->> 'incoterm', p_body ->> 'incoterm_place', nullif(p_body -> 'origin', 'null'),
            nullif(p_body -> 'destination', 'null'),
            (v_pickup ->> 'from')::timestamptz, (v_pickup ->> 'to')::timestamptz, v_pickup_zone,
            (v_delivery ->> 'from')::timestamptz, (v_delivery ->> 'to')::timestamptz, v_delivery_zone,
            (coalesce((v_delivery ->> 'to')::timestamptz, (v_delivery ->> 'from')::timestamptz) at time zone v_delivery_zone)::date,
            p_source, p_actor, v_order);
    perform tracking.api_status_open(p_tenant, v_shipment);
    if v_order is not null then
        perform tracking.api_watch(p_tenant, v_shipment);
    end if;
    perform orders.shipment_units_create(p_tenant, v_shipment, p_body -> 'handling_units');
    perform orders.api_numbers_add(p_tenant, v_shipment,
        coalesce(p_body -> 'references', '[]') || jsonb_build_object('kind', 'TRACKING', 'number', v_number)
        || coalesce((select jsonb_agg(jsonb_build_object('kind', 'SSCC', 'number', u.sscc))
                       from orders.handling_unit u
                      where u.tenant_id = p_tenant and u.shipment_id = v_shipment and u.sscc is not null), '[]'));
    insert into orders.shipment_party (tenant_id, shipment_id, position, role, name, code, address)
    select p_tenant, v_shipment, p.ordinality, p.role, p.name, p.code, p.address
      from rows from (jsonb_to_recordset(coalesce(p_body -> 'parties', '[]')) as (role text, name text, code text, address jsonb))
           with ordinality as p;
    return v_shipment;
end $$;
comment on function orders.api_shipment_create(uuid, uuid, jsonb, text) is 'Makes a shipment; p_source is API, EDI or IMPORT. Answers its id.';

-- Units in the order given. parent_sscc names another unit of the same list.
create or replace function orders.shipment_units_create(p_tenant uuid, p_shipment uuid, p_units jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_bad record;
begin
    if coalesce(jsonb_array_length(nullif(p_units, 'null')), 0) = 0 then
        return;
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
    insert into orders.handling_unit (tenant_id, handling_unit_id, shipment_id, position, sscc, unit_type, description,
                                      weight_kg, volume_m3, length_cm, width_cm, height_cm)
    select p_tenant, core.uuidv7(), p_shipment, u.ordinality, u.sscc, u.type, u.description, u.weight_kg, u.volume_m3,
           u.length_cm, u.width_cm, u.height_cm
      from rows from (jsonb_to_recordset(p_units) as (sscc text, type text, description text, weight_kg numeric, volume_m3 numeric,
                      length_cm numeric, width_cm numeric, height_cm numeric)) with ordinality as u;

    with recursive given as (
        select (u.ordinality - 1)::integer as index, u.sscc, u.parent_sscc
          from rows from (jsonb_to_recordset(p_units) as (sscc text, parent_sscc text)) with ordinality as u
    ), walk as (  -- upwards from each unit; a unit that meets itself stands in a circle
        select g.index, g.sscc, g.parent_sscc as above, array[g.sscc] as path from given g where g.parent_sscc is not null
        union all
        select w.index, w.sscc, g.parent_sscc, w.path || g.sscc
          from walk w join given g on g.sscc = w.above
         where g.parent_sscc is not null and not g.sscc = any (w.path)
    )
    select w.index into v_bad
      from walk w
     where w.above = any (w.path) or not exists (select from given g where g.sscc = w.above)
     order by w.index limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/parent_not_found',
            column = '/handling_units/' || v_bad.index || '/parent_sscc',
            detail = 'parent_sscc names another handling unit of the same shipment, and not in a circle.';
    end if;
    update orders.handling_unit u
       set parent_id = p.handling_unit_id
      from rows from (jsonb_to_recordset(p_units) as (parent_sscc text)) with ordinality as g
      join orders.handling_unit p on p.tenant_id = p_tenant and p.shipment_id = p_shipment and p.sscc = g.parent_sscc
     where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.position = g.ordinality;
end $$;

-- The whole shipment as replies show it; null when there is none.
create or replace function orders.shipment_document(p_tenant uuid, p_shipment uuid) returns json
    language plpgsql stable
    as $$
begin
    return (
    select row_to_json(x)
      from (select s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta, st.last_event_time,
                   s.customer, s.carrier_scac, s.mode, s.service, s.incoterm, s.incoterm_place, s."references", s.origin,
                   s.destination, s.planned_pickup, s.planned_delivery,
                   (select coalesce(json_agg(json_build_object('role', p.role, 'name', p.name, 'code', p.code, 'address', p.address)
                                             order by p.position), '[]'::json)
                      from orders.shipment_party p
                     where p.tenant_id = p_tenant and p.shipment_id = s.shipment_id) as parties,
                   (select coalesce(json_agg(json_build_object('handling_unit_id', u.handling_unit_id, 'sscc', u.sscc,
                                'type', u.unit_type, 'description', u.description,
                                'weight_kg', u.weight_kg::text, 'volume_m3', u.volume_m3::text,
                                'length_cm', u.length_cm::text, 'width_cm', u.width_cm::text,
                                'height_cm', u.height_cm::text,
                                'parent_sscc', (select o.sscc from orders.handling_unit o
                                                 where o.tenant_id = p_tenant and o.handling_unit_id = u.parent_id))
                                order by u.position), '[]'::json)
                      from orders.handling_unit u
                     where u.tenant_id = p_tenant and u.shipment_id = s.shipment_id) as handling_units,
                   (select i.order_id from orders.shipment i where i.tenant_id = p_tenant and i.shipment_id = s.shipment_id) as order_id,
                   s.source, s.created_at
              from orders.v_shipment s
              join tracking.v_shipment_status st on st.tenant_id = p_tenant and st.shipment_id = s.shipment_id
             where s.tenant_id = p_tenant and s.shipment_id = p_shipment) x);
end $$;
comment on function orders.shipment_document(uuid, uuid) is 'A shipment with parties, handling units and status, as in shipment.json.';

-- POST /v1/shipments: a function, because the document can only be read by a statement after the one that wrote it.
-- A caller of less reach than the tenant makes shipments of accounts that he reaches, and no accounts; to him the others are
-- not there.
drop function if exists orders.shipment_create(uuid, uuid, jsonb);

-- What the replies say that give a carrier a shipment.
create or replace function orders.shipment_document_warned(p_tenant uuid, p_shipment uuid, p_scac text) returns json
    language plpgsql stable
    as $$
begin
    return case when p_scac is null then orders.shipment_document(p_tenant, p_shipment)
                else core.json_with(orders.shipment_document(p_tenant, p_shipment), 'warnings', to_json(partners.api_work_warnings(p_tenant, null, p_scac))) end;
end $$;
comment on function orders.shipment_document_warned(uuid, uuid, text) is 'A shipment as shipment_document, with what speaks against its carrier.';

create or replace function orders.shipment_create(p_tenant uuid, p_actor uuid, p_body jsonb, p_reach jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_shipment uuid;
begin
    if p_body ->> 'order_id' is not null then
        perform orders.shipment_order_check(p_tenant, p_reach, p_body);
    end if;
    if p_body ->> 'carrier_scac' is not null then
        perform partners.api_work_demand(p_tenant, p_reach, null, p_body ->> 'carrier_scac', '/carrier_scac');
    end if;
    v_shipment := orders.api_shipment_create(p_tenant, p_actor, p_body, 'API');
    if not orders.api_is_reached(p_tenant, p_reach, v_shipment) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found',
            column = case when p_body -> 'customer' ? 'account_id' then '/customer/account_id' else '/customer' end,
            detail = 'There is no account with this id.';
    end if;
    return orders.shipment_document_warned(p_tenant, v_shipment, p_body ->> 'carrier_scac');
end $$;
comment on function orders.shipment_create(uuid, uuid, jsonb, jsonb) is 'Makes a shipment within the caller''s reach and answers its document.';

-- A shipment that names its order carries none of its cargo lines, but is told of like the others.
create or replace function orders.shipment_order_check(p_tenant uuid, p_reach jsonb, p_body jsonb) returns void
    language plpgsql volatile
    as $$
declare
    o orders.order_ := orders.order_locked(p_tenant, p_reach, (p_body ->> 'order_id')::uuid);
begin
    if o.order_id is null or o.state not in ('CONFIRMED', 'IN_EXECUTION')
       or (p_body -> 'customer' ->> 'account_id')::uuid is distinct from o.account_id then
        raise exception using errcode = 'PN422', message = 'orders/order_unfit', column = '/order_id',
            detail = 'Name a confirmed order of the same customer, and the customer by account_id.';
    end if;
end $$;
comment on function orders.shipment_order_check(uuid, jsonb, jsonb) is 'May a shipment be made for this order?';

grant execute on function orders.shipment_order_check(uuid, jsonb, jsonb), orders.window_zone(uuid, jsonb, jsonb, text), orders.window_check(jsonb, text),
    orders.api_numbers_add(uuid, uuid, jsonb), orders.api_shipment_create(uuid, uuid, jsonb, text),
    orders.shipment_units_create(uuid, uuid, jsonb), orders.shipment_document(uuid, uuid), orders.shipment_document_warned(uuid, uuid, text),
    orders.shipment_create(uuid, uuid, jsonb, jsonb) to hansa_app;
