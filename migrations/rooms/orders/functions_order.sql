-- Orders: reading what is asked for, making one, and the document that shows it.

-- A carrier never sees an order: it says what the customer pays.
create or replace function orders.order_is_reached(p_tenant uuid, p_reach jsonb, p_account uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return p_reach is null or p_reach = 'null' or (p_reach ->> 'kind' <> 'PARTNER' and crm.api_account_is_reached(p_tenant, p_reach, p_account));
end $$;
comment on function orders.order_is_reached(uuid, jsonb, uuid) is 'May a caller of this reach see orders of the account?';

create or replace function orders.api_order_is_reached(p_tenant uuid, p_reach jsonb, p_order uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from orders.order_ o where o.tenant_id = p_tenant and o.order_id = p_order
                      and orders.order_is_reached(p_tenant, p_reach, o.account_id));
end $$;
comment on function orders.api_order_is_reached(uuid, jsonb, uuid) is 'Is there such an order, and does the caller reach it?';

create or replace function orders.money(p_amount numeric, p_currency text) returns json
    language sql immutable parallel safe
    as $$ select case when p_amount is not null then json_build_object('amount', p_amount::text, 'currency', p_currency) end $$;
comment on function orders.money(numeric, text) is 'An amount with its currency, as replies show it.';

create or replace function orders.amount_check(p_body jsonb, p_name text) returns void
    language plpgsql immutable
    as $$
begin
    if (p_body -> p_name ->> 'amount')::numeric < 0 then
        raise exception using errcode = 'PN422', message = 'orders/amount_negative', column = '/' || p_name || '/amount',
            detail = 'An amount cannot be below zero.';
    end if;
end $$;

create or replace function orders.place_patched(p_patch jsonb, p_name text, p_old jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select case when not p_patch ? p_name then p_old
                      when jsonb_typeof(p_patch -> p_name) = 'null' then null
                      else jsonb_strip_nulls(coalesce(p_old, '{}') || (p_patch -> p_name)) end $$;
comment on function orders.place_patched(jsonb, text, jsonb) is 'A place after a merge patch.';

-- What a body says of an order's own row; the body of a new order is a patch of an empty one.
create or replace function orders.order_filled(p_tenant uuid, p_old orders.order_, p_patch jsonb) returns orders.order_
    language plpgsql stable
    as $$
declare
    o orders.order_ := p_old;
    v_window jsonb;
begin
    perform orders.amount_check(p_patch, 'price');
    perform orders.amount_check(p_patch, 'cod');
    o.incoterm := core.patched(p_patch, 'incoterm', p_old.incoterm);
    o.incoterm_place := core.patched(p_patch, 'incoterm_place', p_old.incoterm_place);
    o.mode := core.patched(p_patch, 'mode', p_old.mode);
    o.service := core.patched(p_patch, 'service', p_old.service);
    o.origin := orders.place_patched(p_patch, 'origin', p_old.origin);
    o.destination := orders.place_patched(p_patch, 'destination', p_old.destination);
    if p_patch ? 'price' then
        o.price_amount := (p_patch -> 'price' ->> 'amount')::numeric;
        o.price_currency := p_patch -> 'price' ->> 'currency';
    end if;
    if p_patch ? 'cod' then
        o.cod_amount := (p_patch -> 'cod' ->> 'amount')::numeric;
        o.cod_currency := p_patch -> 'cod' ->> 'currency';
    end if;
    if p_patch ? 'requested_pickup' or p_old.pickup_zone is null then
        v_window := orders.window_patched(p_patch, 'requested_pickup', p_old.pickup_from, p_old.pickup_to, p_old.pickup_zone);
        perform orders.window_check(v_window, '/requested_pickup');
        o.pickup_from := (v_window ->> 'from')::timestamptz;
        o.pickup_to := (v_window ->> 'to')::timestamptz;
        o.pickup_zone := orders.window_zone(p_tenant, v_window, o.origin,
                                            case when v_window ? 'zone' then '/requested_pickup/zone' else '/origin/zone' end);
    end if;
    if p_patch ? 'requested_delivery' or p_old.delivery_zone is null then
        v_window := orders.window_patched(p_patch, 'requested_delivery', p_old.delivery_from, p_old.delivery_to, p_old.delivery_zone);
        perform orders.window_check(v_window, '/requested_delivery');
        o.delivery_from := (v_window ->> 'from')::timestamptz;
        o.delivery_to := (v_window ->> 'to')::timestamptz;
        o.delivery_zone := orders.window_zone(p_tenant, v_window, o.destination,
                                              case when v_window ? 'zone' then '/requested_delivery/zone' else '/destination/zone' end);
    end if;
    return o;
end $$;
comment on function orders.order_filled(uuid, orders.order_, jsonb) is 'An order''s row after a body or a merge patch; writes nothing.';

-- Cargo and references are replaced whole: nothing stands on them before an order is confirmed.
create or replace function orders.cargo_set(p_tenant uuid, p_order uuid, p_cargo jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_bad record;
begin
    select c.place - 1 as index, m.name, m.value into v_bad
      from jsonb_array_elements(p_cargo) with ordinality as c (value, place)
     cross join lateral (values ('quantity', (c.value ->> 'quantity')::numeric), ('weight_kg', (c.value ->> 'weight_kg')::numeric),
                                ('value/amount', (c.value -> 'value' ->> 'amount')::numeric)) m (name, value)
     where m.value < 0 or (m.value = 0 and m.name = 'quantity')
     order by c.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/amount_negative', column = '/cargo/' || v_bad.index || '/' || v_bad.name,
            detail = 'A quantity is above zero; weight and value are not below.';
    end if;
    select c.place - 1 as index, m.name into v_bad
      from jsonb_array_elements(p_cargo) with ordinality as c (value, place)
     cross join lateral (values ('hs_code', c.value ->> 'hs_code', '^[0-9]{6,10}$'), ('un_number', c.value ->> 'un_number', '^[0-9]{4}$')) m (name, value, form)
     where m.value !~ m.form
     order by c.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/goods_code_invalid', column = '/cargo/' || v_bad.index || '/' || v_bad.name,
            detail = 'An HS code has 6 to 10 digits, a UN number 4.';
    end if;
    delete from orders.cargo_line c where c.tenant_id = p_tenant and c.order_id = p_order;
    insert into orders.cargo_line (tenant_id, order_id, line, description, hs_code, quantity, unit, weight_kg, value_amount, value_currency, un_number)
    select p_tenant, p_order, c.ordinality, c.description, c.hs_code, c.quantity, c.unit, c.weight_kg, (c.value ->> 'amount')::numeric,
           c.value ->> 'currency', c.un_number
      from rows from (jsonb_to_recordset(p_cargo) as (description text, hs_code text, quantity numeric, unit text, weight_kg numeric, value jsonb,
                      un_number text)) with ordinality as c;
end $$;
comment on function orders.cargo_set(uuid, uuid, jsonb) is 'Gives an order the cargo lines of a body, numbered from 1, in place of those it had.';

create or replace function orders.references_set(p_tenant uuid, p_order uuid, p_references jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_empty bigint;
begin
    select n.place - 1 into v_empty
      from jsonb_array_elements(p_references) with ordinality as n (value, place)
     where orders.api_number_key(n.value ->> 'number') = ''
     order by n.place limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'orders/number_empty', column = '/references/' || v_empty || '/number',
            detail = 'A number needs at least one letter or digit.';
    end if;
    delete from orders.order_reference r where r.tenant_id = p_tenant and r.order_id = p_order and r.kind <> 'ORDER';
    insert into orders.order_reference (tenant_id, number_key, order_id, kind, number)
    select p_tenant, orders.api_number_key(n.number), p_order, n.kind, n.number
      from jsonb_to_recordset(p_references) as n (kind text, number text)
        on conflict (tenant_id, number_key, order_id, kind) do nothing;
end $$;
comment on function orders.references_set(uuid, uuid, jsonb) is 'Gives an order the references of a body in place of those it had; its own number stays.';

-- POST /v1/orders, and how other rooms make one: p_body is order_create.json; from another room it may also say source (QUOTE, EDI)
-- and source_id, which the schema keeps out of requests.
create or replace function orders.api_order_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    o orders.order_;
    v_account uuid := (p_body ->> 'account_id')::uuid;
begin
    if not crm.api_account_is_known(p_tenant, v_account) or not orders.order_is_reached(p_tenant, p_reach, v_account) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    end if;
    if (p_body ->> 'ordered_at')::timestamptz > now() then
        raise exception using errcode = 'PN422', message = 'orders/ordered_in_future', column = '/ordered_at',
            detail = 'An order that is taken over was made before now.';
    end if;
    o := orders.order_filled(p_tenant, o, p_body);
    o.order_id := core.uuidv7();
    o.order_number := 'HO' || substr(orders.new_tracking_number(), 3);
    o.account_id := v_account;
    insert into orders.order_ (tenant_id, order_id, order_number, account_id, state, source, source_id, incoterm, incoterm_place, mode, service,
                               origin, destination, pickup_from, pickup_to, pickup_zone, delivery_from, delivery_to, delivery_zone,
                               cod_amount, cod_currency, price_amount, price_currency, ordered_at, created_by)
    values (p_tenant, o.order_id, o.order_number, v_account, 'DRAFT', coalesce(p_body ->> 'source', 'API'), (p_body ->> 'source_id')::uuid,
            o.incoterm, o.incoterm_place, o.mode, o.service, o.origin, o.destination, o.pickup_from, o.pickup_to, o.pickup_zone,
            o.delivery_from, o.delivery_to, o.delivery_zone, o.cod_amount, o.cod_currency, o.price_amount, o.price_currency,
            (p_body ->> 'ordered_at')::timestamptz, p_actor)
    returning * into o;
    perform orders.references_set(p_tenant, o.order_id, coalesce(p_body -> 'references', '[]'));
    insert into orders.order_reference (tenant_id, number_key, order_id, kind, number)
    values (p_tenant, o.order_number, o.order_id, 'ORDER', o.order_number);
    perform orders.cargo_set(p_tenant, o.order_id, coalesce(p_body -> 'cargo', '[]'));
    perform core.api_event(p_tenant, 'orders.order.created', 'order', o.order_id,
                           jsonb_build_object('account_id', v_account, 'source', o.source, 'source_id', o.source_id));
    if (p_body -> 'draft') is distinct from 'true'::jsonb and not orders.order_is_bare(o) then
        o := orders.order_submitted(p_tenant, o);
    end if;
    perform audit.api_note(p_tenant, p_context, 'order', o.order_id, jsonb_build_object('order_number', o.order_number, 'account_id', v_account,
        'state', o.state, 'source', o.source, 'price', orders.money(o.price_amount, o.price_currency), 'hold_reason', o.hold_reason,
        'cargo', jsonb_array_length(coalesce(p_body -> 'cargo', '[]'))));
    return orders.order_document(p_tenant, o);
end $$;
comment on function orders.api_order_create(uuid, uuid, jsonb, jsonb, jsonb) is
    'Makes an order within the caller''s reach, submits it unless it is to stay a draft or says neither where nor what, and answers its document.';

drop function if exists orders.price_guard(jsonb, jsonb);

create or replace function orders.window_shown(p_from timestamptz, p_to timestamptz, p_zone text) returns json
    language sql stable
    as $$ select case when coalesce(p_from, p_to) is not null then
              json_build_object('from', core.rfc3339(p_from), 'to', core.rfc3339(p_to), 'zone', p_zone) end $$;
comment on function orders.window_shown(timestamptz, timestamptz, text) is 'A window as replies show it; null when nothing is asked for.';

create or replace function orders.seconds_between(p_from timestamptz, p_to timestamptz) returns bigint
    language sql immutable parallel safe
    as $$ select floor(extract(epoch from p_to - p_from))::bigint $$;
comment on function orders.seconds_between(timestamptz, timestamptz) is 'Whole seconds; null until both are known.';

-- What may be invoiced of an order that ends short.
create or replace function orders.cargo_delivered(p_tenant uuid, p_order uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_object_agg(d.line, d.quantity)
      from (select x.line, sum(x.quantity)::text as quantity
              from orders.shipment_cargo x
              join tracking.v_shipment_status t on t.tenant_id = p_tenant and t.shipment_id = x.shipment_id and t.status = 'DELIVERED'
             where x.tenant_id = p_tenant and x.order_id = p_order
             group by x.line) d);
end $$;
comment on function orders.cargo_delivered(uuid, uuid) is 'How much of which line of an order stands in delivered shipments, {line: quantity}; null for nothing.';

drop function if exists orders.order_document(uuid, jsonb, orders.order_);
create or replace function orders.order_document(p_tenant uuid, o orders.order_) returns json
    language plpgsql stable
    as $$
begin
    return (
    select row_to_json(x)
      from (select o.order_id, o.order_number, o.state,
                   (select a.customer from crm.v_account a where a.tenant_id = p_tenant and a.account_id = o.account_id) as customer,
                   (select coalesce(json_agg(json_build_object('kind', r.kind, 'number', r.number) order by r.kind, r.number), '[]'::json)
                      from orders.order_reference r
                     where r.tenant_id = p_tenant and r.order_id = o.order_id and r.kind <> 'ORDER') as "references",
                   o.incoterm, o.incoterm_place, o.mode, o.service, o.origin, o.destination,
                   orders.window_shown(o.pickup_from, o.pickup_to, o.pickup_zone) as requested_pickup,
                   orders.window_shown(o.delivery_from, o.delivery_to, o.delivery_zone) as requested_delivery,
                   (select coalesce(json_agg(json_build_object('line', c.line, 'description', c.description, 'hs_code', c.hs_code,
                                'quantity', c.quantity::text, 'unit', c.unit, 'weight_kg', c.weight_kg::text,
                                'value', orders.money(c.value_amount, c.value_currency), 'un_number', c.un_number,
                                'delivered', coalesce(d.by_line ->> c.line::text, '0')) order by c.line), '[]'::json)
                      from orders.cargo_line c
                     cross join (select orders.cargo_delivered(p_tenant, o.order_id) as by_line offset 0) d
                     where c.tenant_id = p_tenant and c.order_id = o.order_id) as cargo,
                   orders.money(o.cod_amount, o.cod_currency) as cod, orders.money(o.price_amount, o.price_currency) as price,
                   case when o.hold_reason is not null then json_build_object('reason', o.hold_reason,
                       'note', (select a.hold_reason from crm.v_account a where o.hold_reason = 'ACCOUNT_ON_HOLD'
                                    and a.tenant_id = p_tenant and a.account_id = o.account_id),
                       'open', orders.money(o.hold_open, o.hold_currency), 'limit', orders.money(o.hold_limit, o.hold_currency),
                       'released_at', core.rfc3339(o.released_at)) end as hold,
                   o.state_reason, o.invoice_number,
                   json_build_object('transmission_s', orders.seconds_between(o.created_at, o.submitted_at),
                                     'processing_s', orders.seconds_between(o.submitted_at, o.confirmed_at),
                                     'preparation_s', orders.seconds_between(o.confirmed_at, o.loaded_at),
                                     'delivery_s', orders.seconds_between(o.loaded_at, o.unloaded_at)) as clocks,
                   o.source, core.rfc3339(o.created_at) as created_at, core.rfc3339(o.submitted_at) as submitted_at,
                   core.rfc3339(coalesce(o.ordered_at, o.submitted_at)) as ordered_at,
                   core.rfc3339(o.confirmed_at) as confirmed_at, core.rfc3339(o.loaded_at) as loaded_at,
                   core.rfc3339(o.unloaded_at) as unloaded_at) x);
end $$;
comment on function orders.order_document(uuid, orders.order_) is 'An order as replies show it; the server cuts it for others than staff.';

grant execute on function orders.order_is_reached(uuid, jsonb, uuid), orders.api_order_is_reached(uuid, jsonb, uuid), orders.money(numeric, text),
    orders.amount_check(jsonb, text), orders.place_patched(jsonb, text, jsonb), orders.order_filled(uuid, orders.order_, jsonb),
    orders.cargo_set(uuid, uuid, jsonb), orders.references_set(uuid, uuid, jsonb), orders.api_order_create(uuid, uuid, jsonb, jsonb, jsonb),
    orders.cargo_delivered(uuid, uuid), orders.window_shown(timestamptz, timestamptz, text), orders.seconds_between(timestamptz, timestamptz),
    orders.order_document(uuid, orders.order_) to hansa_app;
