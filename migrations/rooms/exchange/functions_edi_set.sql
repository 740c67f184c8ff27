-- A set that counts: taken apart into what each shipment is told, and each part applied by itself.

-- The numbers of a loop that one shipment alone has.
create or replace function exchange.loop_own(p_loop jsonb) returns text[]
    language plpgsql stable
    as $$
begin
    return array(select distinct orders.api_number_key(k.value ->> 1)
                   from jsonb_array_elements(p_loop -> 'keys') k (value)
                  where not exchange.is_shared_number(k.value ->> 0) and orders.api_number_key(k.value ->> 1) <> ''
                  order by 1);
end $$;

-- A set whose loops name different shipments carries many. Loops that give stop numbers are the stops of the one load that the set
-- names, whatever bills of lading are unloaded there.
create or replace function exchange.set_is_split(p_set jsonb) returns boolean
    language plpgsql stable
    as $$
begin
    return (
    select count(distinct l.own) > 1
           and not (bool_and(l.has_stop) and jsonb_array_length(coalesce(p_set -> 'keys', '[]')) > 0)
      from (select exchange.loop_own(o.value) as own,
                   exists (select from jsonb_array_elements(o.value -> 'references') r (value) where r.value ->> 0 = 'QN') as has_stop
              from jsonb_array_elements(p_set -> 'loops') o (value)) l
     where l.own <> '{}');
end $$;
comment on function exchange.set_is_split(jsonb) is 'Do the loops of a set name different shipments?';

-- The lists of these loops under one name, one behind the other, each member once.
create or replace function exchange.loops_pooled(p_loops jsonb[], p_name text) returns jsonb
    language plpgsql immutable
    as $$
begin
    return (
    select coalesce(jsonb_agg(d.value order by d.loop, d.place), '[]')
      from (select distinct on (e.value) e.value, l.place as loop, e.place
              from unnest(p_loops) with ordinality l (value, place)
             cross join lateral jsonb_array_elements(l.value -> p_name) with ordinality e (value, place)
             order by e.value, l.place, e.place) d);
end $$;

-- Events of a set, each with what its loop says of it: index, refs, sscc, stop, kept (segments without a member of their own).
create or replace function exchange.set_events_told(p_set jsonb) returns table (loop integer, event jsonb)
    language plpgsql stable
    as $$
begin
    return query
    with kept as (
        select (k.value ->> 'event')::bigint as event, jsonb_agg(k.value order by k.place) as said
          from jsonb_array_elements(p_set -> 'kept') with ordinality k (value, place) group by 1
    ), loops as materialized (
        select l.place - 1 as index, l.value from jsonb_array_elements(p_set -> 'loops') with ordinality l (value, place)
    )
    select (v.value ->> 'loop')::integer,
           v.value || jsonb_strip_nulls(jsonb_build_object('index', v.place - 1, 'stop', coalesce(v.value -> 'stop', p_set -> 'stop'),
               'refs', l.value -> 'references', 'kept', k.said,
               'sscc', case when v.value ? 'units' then
                   (select jsonb_agg(u.value order by u.place) from jsonb_array_elements(l.value -> 'handling_units') with ordinality u (value, place)
                     where u.place > (v.value -> 'units' ->> 0)::integer and u.place <= (v.value -> 'units' ->> 1)::integer) end))
      from jsonb_array_elements(p_set -> 'events') with ordinality v (value, place)
      left join loops l on l.index = (v.value ->> 'loop')::bigint
      left join kept k on k.event = v.place - 1
     order by v.place;
end $$;
comment on function exchange.set_events_told(jsonb) is 'Events of a set with what belongs to each, and the loop that each stands in.';

-- The parts of a set: keys, numbers, addresses and events of one shipment each. What stands before the loops of a set that is split
-- is about the whole trip: its numbers are kept with each shipment, but find none of them.
create or replace function exchange.set_parts(p_set jsonb) returns setof jsonb
    language plpgsql stable
    as $$
declare
    v_is_split boolean := exchange.set_is_split(p_set);
    v_keys jsonb := coalesce(p_set -> 'keys', '[]');
    v_numbers jsonb := coalesce(p_set -> 'numbers', '[]');
begin
    return query
    with loops as materialized (
        select l.place - 1 as index, l.value, case when v_is_split then exchange.loop_own(l.value) else '{}' end as own
          from jsonb_array_elements(p_set -> 'loops') with ordinality l (value, place)
    ), part as (
        select o.own, array_agg(o.value order by o.index) filter (where o.value is not null) as loops
          from (select l.own, l.value, l.index from loops l union all select '{}', null, null) o
         group by o.own
    ), event as materialized (
        select coalesce(l.own, '{}') as own, jsonb_agg(e.event) as list
          from exchange.set_events_told(p_set) e left join loops l on l.index = e.loop
         group by 1
    ), address as materialized (
        select l.own, jsonb_agg(a.value order by a.place) as list
          from jsonb_array_elements(p_set -> 'addresses') with ordinality a (value, place)
          left join loops l on l.index = (a.value ->> 'loop')::bigint
         group by 1
    )
    select p_set - '{loops,kept}'::text[] || jsonb_build_object(
               'keys', case when p.own = '{}' then v_keys else '[]' end || exchange.loops_pooled(p.loops, 'keys'),
               'numbers', v_numbers || exchange.loops_pooled(p.loops, 'numbers')
                          || case when p.own = '{}' then '[]' else
                                 coalesce((select jsonb_agg(jsonb_build_array('OTHER', k.value ->> 1)) from jsonb_array_elements(v_keys) k (value)), '[]') end,
               'addresses', coalesce(h.list, '[]') || coalesce(a.list, '[]'), 'events', coalesce(e.list, '[]'))
      from part p
      left join event e on e.own = p.own
      left join address a on a.own = p.own
      left join address h on h.own is null
     where not v_is_split or e.list is not null
     order by p.own;
end $$;
comment on function exchange.set_parts(jsonb) is 'What a set tells of each shipment that it carries.';

-- Stops that events of a part name by number: stop_id by that number. Their place is that of the first event there that has its own.
create or replace function exchange.part_stops(p_tenant uuid, p_shipment uuid, p_part jsonb, p_zone text) returns jsonb
    language plpgsql volatile
    as $$
begin
    return (
    select jsonb_object_agg(s.number, orders.api_stop_told(p_tenant, p_shipment, s.number::integer, s.type, s.place, p_zone))
      from (select e.value ->> 'stop' as number,
                   coalesce((array_agg(t.type order by e.place) filter (where t.type is not null))[1],
                            case when (e.value ->> 'stop')::integer = 1 then 'PICKUP' else 'DELIVERY' end) as type,
                   (array_agg(t.place order by e.place) filter (where t.place is not null))[1] as place
              from jsonb_array_elements(p_part -> 'events') with ordinality e (value, place)
             cross join lateral (
                   select case when e.value ->> 'code' in ('APU', 'LDD', 'PUP') or e.value ->> 'time_subject' = 'pickup' then 'PICKUP'
                               when e.value ->> 'code' in ('ADL', 'DLV', 'ATT', 'RFS', 'OFD') or e.value ->> 'time_subject' = 'delivery'
                                   then 'DELIVERY' end as type,
                          case when not e.value ? 'place_inferred' then
                              nullif(jsonb_strip_nulls(jsonb_build_object('city', e.value -> 'at' -> 'city', 'region', e.value -> 'at' -> 'state',
                                     'country', exchange.country_code(e.value -> 'at' ->> 'country'))), '{}') end as place) t
             where e.value ->> 'stop' ~ '^0*[1-9][0-9]{0,3}$' and not e.value ? 'problem'
             group by 1
             order by (e.value ->> 'stop')::integer) s);
end $$;
comment on function exchange.part_stops(uuid, uuid, jsonb, text) is 'The stops that a part of a set names, made where the shipment has none.';

-- What is refused of a part: nothing of it is stored, and why is said (PNEDI, caught by set_apply).
create or replace function exchange.part_refuse(p_code text, p_detail text, p_rejected jsonb) returns void
    language plpgsql volatile
    as $$
begin
    raise exception using errcode = 'PNEDI', message = 'exchange/' || p_code,
        detail = jsonb_build_object('problem', jsonb_build_object('code', p_code, 'detail', p_detail), 'rejected', p_rejected)::text;
end $$;

-- One part of a set. Answers what became of it; a part of which nothing can be stored is refused, so that no empty shipment stays.
create or replace function exchange.part_apply(p_tenant uuid, p_actor uuid, p_interchange jsonb, p_part jsonb, p_zone text, p_scac text) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_numbers jsonb := exchange.set_numbers((p_part -> 'keys') || (p_part -> 'numbers'));
    v_known bigint;
    v_found record;
    v_shipment record;
    v_events jsonb;
    v_count jsonb := '{"accepted": 0, "duplicates": 0, "unmoved": [], "rejected": []}'::jsonb;
    v_rejected jsonb;
    v_unmoved jsonb;
begin
    if exchange.set_numbers(p_part -> 'keys') = '[]' then
        perform exchange.part_refuse('no_shipment_key', 'None of its numbers can be a number of a shipment: 1 to 64 characters, a letter or digit among them.', '[]');
    end if;
    select f.shipment_id, f.matched_by, f.shipment_id is null as is_new into v_found
      from exchange.shipment_find(p_tenant, p_scac, p_interchange ->> 'sender', p_part -> 'keys') f;
    if v_found.is_new then
        v_found.shipment_id := orders.api_shipment_create(p_tenant, p_actor, jsonb_build_object('carrier_scac', p_scac,
            'references', v_numbers, 'parties', exchange.set_parties(p_part -> 'addresses'),
            'origin', exchange.set_place(p_part -> 'addresses', 'SF', 'SH'), 'destination', exchange.set_place(p_part -> 'addresses', 'ST', 'CN')), 'EDI');
    else
        select count(*) into v_known from orders.v_shipment_number n where n.tenant_id = p_tenant and n.shipment_id = v_found.shipment_id;
        perform orders.api_numbers_add(p_tenant, v_found.shipment_id, v_numbers);
    end if;
    insert into exchange.edi_told (tenant_id, shipment_id, sender)
    select p_tenant, v_found.shipment_id, p_interchange ->> 'sender' where p_interchange ->> 'sender' <> ''
        on conflict (tenant_id, shipment_id, sender) do nothing;
    select s.tracking_number, s.carrier_scac into v_shipment from orders.v_shipment s
     where s.tenant_id = p_tenant and s.shipment_id = v_found.shipment_id;

    perform orders.api_units_told(p_tenant, v_found.shipment_id, array(
        select distinct u.sscc from jsonb_array_elements(p_part -> 'events') e (value), jsonb_array_elements_text(e.value -> 'sscc') u (sscc)
         where not e.value ? 'problem'));
    v_events := exchange.set_events(v_found.shipment_id, 'edi:' || coalesce(p_scac, v_shipment.carrier_scac, p_interchange ->> 'sender'), p_part,
        coalesce(exchange.part_stops(p_tenant, v_found.shipment_id, p_part, p_zone), '{}'),
        exchange.group_clock(p_interchange -> 'groups' -> (p_part ->> 'group')::integer), p_zone);
    if v_events <> '[]' then
        v_count := tracking.api_events_record(p_tenant, p_actor, v_events)::jsonb;
    end if;
    -- an event is told by its place among those of the set
    select coalesce(jsonb_agg(r.value || jsonb_build_object('index', i.index, 'field', regexp_replace(r.value ->> 'field', '^/events/\d+', '/events/' || i.index))
                              order by r.place), '[]') into v_rejected
      from jsonb_array_elements(v_count -> 'rejected') with ordinality r (value, place)
     cross join lateral (select (v_events -> (r.value ->> 'index')::integer ->> 'index')::integer as index) i;
    select coalesce(jsonb_agg(u.value || jsonb_build_object('index', (v_events -> (u.value ->> 'index')::integer -> 'index')) order by u.place), '[]')
      into v_unmoved from jsonb_array_elements(v_count -> 'unmoved') with ordinality u (value, place);
    if (v_count ->> 'accepted')::integer + (v_count ->> 'duplicates')::integer = 0
       and (v_found.is_new or v_rejected <> '[]'
            or v_known = (select count(*) from orders.v_shipment_number n where n.tenant_id = p_tenant and n.shipment_id = v_found.shipment_id)) then
        perform exchange.part_refuse(case when v_events = '[]' then 'no_events' else 'nothing_stored' end,
            case when v_events = '[]' then 'It tells no event that can be used.'
                 else 'None of its events can be stored: ' || (v_rejected -> 0 ->> 'detail') end, v_rejected);
    end if;
    return v_count || jsonb_build_object('rejected', v_rejected, 'unmoved', v_unmoved, 'shipment', jsonb_build_object('shipment_id', v_found.shipment_id,
        'is_new', v_found.is_new, 'matched_by', v_found.matched_by, 'tracking_number', v_shipment.tracking_number));
end $$;
comment on function exchange.part_apply(uuid, uuid, jsonb, jsonb, text, text) is 'Stores one part of a set whole, or refuses it.';

-- Events whose time the codec could not read, as tracking tells of those that it refuses.
create or replace function exchange.events_unreadable(p_set jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select coalesce(jsonb_agg(jsonb_build_object('index', e.place - 1, 'code', 'exchange/' || (e.value -> 'problem' ->> 'code'),
                                                 'field', '/events/' || (e.place - 1), 'detail', e.value -> 'problem' ->> 'detail') order by e.place), '[]')
      from jsonb_array_elements(p_set -> 'events') with ordinality e (value, place)
     where e.value ? 'problem');
end $$;

-- One set of an interchange that counts. Its parts stand or fall each by itself; it is accepted when one stands.
create or replace function exchange.set_apply(p_tenant uuid, p_actor uuid, p_interchange jsonb, p_set jsonb, p_zone text, p_scac text) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_scac text := exchange.set_scac(p_interchange, p_set, p_scac);
    v_part jsonb;
    v_done jsonb;
    v_shipments jsonb[] := '{}'::jsonb[];
    v_rejected jsonb := exchange.events_unreadable(p_set);
    v_unmoved jsonb := '[]'::jsonb;
    v_warnings jsonb := coalesce(p_set -> 'warnings', '[]');
    v_problem jsonb;
    v_detail text;
    v_accepted integer := 0;
    v_duplicates integer := 0;
begin
    for v_part in select t.part from exchange.set_parts(p_set) t (part) loop
        begin
            v_done := exchange.part_apply(p_tenant, p_actor, p_interchange, v_part, p_zone, v_scac);
            v_shipments := v_shipments || (v_done - '{rejected,unmoved}'::text[]);
            v_unmoved := v_unmoved || (v_done -> 'unmoved');
            v_accepted := v_accepted + (v_done ->> 'accepted')::integer;
            v_duplicates := v_duplicates + (v_done ->> 'duplicates')::integer;
        exception
            when sqlstate 'PNEDI' then
                get stacked diagnostics v_detail = pg_exception_detail;
                v_done := v_detail::jsonb;
            when integrity_constraint_violation or data_exception then
                v_done := jsonb_build_object('rejected', '[]'::jsonb, 'problem', jsonb_build_object('code', 'not_storable',
                    'detail', 'It was read, but something in it cannot be stored; nothing of it was.'));
        end;
        v_rejected := v_rejected || (v_done -> 'rejected');
        if v_done ? 'problem' then
            v_problem := coalesce(v_problem, v_done -> 'problem');
            v_warnings := v_warnings || jsonb_build_object('code', v_done -> 'problem' -> 'code', 'detail',
                'Of ' || coalesce((select string_agg(k.value ->> 1, ', ') from jsonb_array_elements(v_part -> 'keys') k (value)), 'nothing') || ': '
                || (v_done -> 'problem' ->> 'detail'));
        end if;
    end loop;
    if cardinality(v_shipments) = 0 then
        return jsonb_build_object('verdict', 'REJECTED', 'problem', coalesce(v_problem, jsonb_build_object('code', 'no_events', 'detail', 'It tells nothing.')),
                                  'rejected', v_rejected);
    end if;
    return jsonb_build_object('shipment', v_shipments[1] -> 'shipment', 'shipments', to_jsonb(v_shipments), 'accepted', v_accepted,
                              'duplicates', v_duplicates, 'unmoved', v_unmoved, 'rejected', v_rejected, 'warnings', v_warnings);
end $$;
comment on function exchange.set_apply(uuid, uuid, jsonb, jsonb, text, text) is 'Applies a set that was read; answers members of its report.';

grant execute on function exchange.loop_own(jsonb), exchange.set_is_split(jsonb), exchange.loops_pooled(jsonb[], text), exchange.set_events_told(jsonb),
    exchange.set_parts(jsonb), exchange.part_stops(uuid, uuid, jsonb, text), exchange.part_refuse(text, text, jsonb),
    exchange.part_apply(uuid, uuid, jsonb, jsonb, text, text), exchange.events_unreadable(jsonb),
    exchange.set_apply(uuid, uuid, jsonb, jsonb, text, text) to hansa_app;
