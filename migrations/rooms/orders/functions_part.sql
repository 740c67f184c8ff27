-- Parts of a shipment for other rooms: who reaches one by carrying a leg, what an event that names a part means.

-- A carrier of one leg sees that leg, its stops and the units, not the shipment as a whole: parties, customer, prices and the other
-- legs are the business of who reaches it by orders.api_is_reached.
create or replace function orders.leg_is_carried(p_reach jsonb, p_leg orders.leg) returns boolean
    language sql immutable
    as $$ select coalesce(p_leg.carrier_account_id = (p_reach ->> 'partner_id')::uuid, p_leg.carrier_scac = p_reach ->> 'scac', false)
             and p_leg.state not in ('PLANNED', 'TENDERED', 'CANCELLED') $$;
comment on function orders.leg_is_carried(jsonb, orders.leg) is 'Is the leg given to the partner?';

create or replace function orders.api_part_is_reached(p_tenant uuid, p_reach jsonb, p_shipment uuid, p_leg uuid default null) returns boolean
    language plpgsql stable
    as $$
begin
    if orders.api_is_reached(p_tenant, p_reach, p_shipment) then
        return true;
    elsif p_reach ->> 'kind' <> 'PARTNER' or p_leg is null then
        return false;
    end if;
    return exists (select from orders.leg l where l.tenant_id = p_tenant and l.leg_id = p_leg and l.shipment_id = p_shipment
                      and orders.leg_is_carried(p_reach, l));
end $$;
comment on function orders.api_part_is_reached(uuid, jsonb, uuid, uuid) is 'May the caller see and tell of this leg of the shipment: by reaching all of it, or by carrying the leg?';

create or replace function orders.api_any_leg_is_reached(p_tenant uuid, p_reach jsonb, p_shipment uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return orders.api_is_reached(p_tenant, p_reach, p_shipment)
        or (p_reach ->> 'kind' = 'PARTNER'
            and exists (select from orders.leg l where l.tenant_id = p_tenant and l.shipment_id = p_shipment and orders.leg_is_carried(p_reach, l)));
end $$;
comment on function orders.api_any_leg_is_reached(uuid, jsonb, uuid) is 'Does the caller reach the shipment, or carry a leg of it?';

-- The first member that names nothing of the shipment, or null.
create or replace function orders.api_level_missing(p_tenant uuid, p_shipment uuid, p_consignment uuid, p_leg uuid, p_stop uuid) returns text
    language plpgsql stable
    as $$
begin
    return case
        when p_consignment is not null and not exists (select from orders.consignment c where c.tenant_id = p_tenant
                and c.consignment_id = p_consignment and c.shipment_id = p_shipment) then 'consignment_id'
        when p_leg is not null and not exists (select from orders.leg l where l.tenant_id = p_tenant
                and l.leg_id = p_leg and l.shipment_id = p_shipment) then 'leg_id'
        when p_stop is not null and not exists (select from orders.stop t where t.tenant_id = p_tenant
                and t.stop_id = p_stop and t.shipment_id = p_shipment) then 'stop_id' end;
end $$;
comment on function orders.api_level_missing(uuid, uuid, uuid, uuid, uuid) is 'Which of the ids names nothing of the shipment; null when all do.';

-- A leg before the last delivers to the next leg; one after the first picks up from the leg before; a leg's booking is not the shipment's.
create or replace function orders.api_leg_moves_shipment(p_tenant uuid, p_leg uuid, p_code text) returns boolean
    language plpgsql stable
    as $$
begin
    if p_code = 'BCX' then
        return false;
    elsif p_code not in ('DLV', 'PUP', 'BKD') then
        return true;
    end if;
    return not exists (select from orders.leg l
                         join orders.leg o on o.tenant_id = p_tenant and o.shipment_id = l.shipment_id and o.state not in ('CANCELLED', 'FAILED')
                              and case when p_code = 'DLV' then o.seq > l.seq else o.seq < l.seq end
                        where l.tenant_id = p_tenant and l.leg_id = p_leg);
end $$;
comment on function orders.api_leg_moves_shipment(uuid, uuid, text) is 'Does an event of this code that names the leg argue for the status of the whole shipment?';

-- What ends a journey at a stop before the last ends it there alone, and a unit that is delivered is one unit. Stops and units that
-- only messages told of may be all there are or not: of one alone nobody knows, except where its place is the destination.
create or replace function orders.api_part_moves_shipment(p_tenant uuid, p_shipment uuid, p_stop uuid, p_unit uuid, p_code text) returns boolean
    language plpgsql stable
    as $$
begin
    if p_code not in ('DLV', 'RFS', 'RTS', 'BCX') then
        return true;
    elsif p_unit is not null then
        return exists (select from orders.handling_unit u where u.tenant_id = p_tenant and u.shipment_id = p_shipment
                          and (not u.is_told or u.handling_unit_id <> p_unit));
    end if;
    return exists (select from orders.stop t
                     join orders.shipment s on s.tenant_id = p_tenant and s.shipment_id = p_shipment
                    where t.tenant_id = p_tenant and t.stop_id = p_stop
                      and not exists (select from orders.stop o where o.tenant_id = p_tenant and o.shipment_id = p_shipment and o.seq > t.seq)
                      and (not t.is_told
                           or exists (select from orders.stop o where o.tenant_id = p_tenant and o.shipment_id = p_shipment and o.seq < t.seq)
                           or lower(t.place ->> 'city') = lower(s.destination ->> 'city')));
end $$;
comment on function orders.api_part_moves_shipment(uuid, uuid, uuid, uuid, text) is
    'Does an event of this code that names the stop or the unit argue for the status of the whole shipment?';

create or replace function orders.leg_state_told(p_code text) returns text
    language sql immutable parallel safe
    as $$ select case when p_code = 'APU' then 'AT_ORIGIN'
                      when p_code in ('LDD', 'LOAD', 'PUP', 'RCV', 'STUF') then 'LOADED'
                      when p_code in ('DEP', 'DEPA', 'GTOT') then 'DEPARTED'
                      when p_code in ('ARH', 'ADL', 'ARRI') then 'ARRIVED'
                      when p_code in ('DISC', 'STRP') then 'UNLOADED'
                      when p_code = 'HOV' then 'HANDED_OVER'
                      when p_code = 'DLV' then 'DELIVERED' end $$;
comment on function orders.leg_state_told(text) is 'The state of a leg that an event of this code argues for; null for none.';

-- Somebody at a stop knows the stop. Goods are loaded for the leg that begins there and unloaded from the one that ends there.
create or replace function orders.api_leg_meant(p_tenant uuid, p_stop uuid, p_code text) returns uuid
    language plpgsql stable
    as $$
declare
    v_state text := orders.leg_state_told(p_code);
    v_legs uuid[];
begin
    if v_state is null then
        return null;
    end if;
    v_legs := array(select l.leg_id from orders.leg l
                     where l.tenant_id = p_tenant and l.state not in ('CANCELLED', 'FAILED')
                       and case when v_state in ('AT_ORIGIN', 'LOADED', 'DEPARTED') then l.from_stop_id else l.to_stop_id end = p_stop
                     limit 2);
    return case when cardinality(v_legs) = 1 then v_legs[1] end;
end $$;
comment on function orders.api_leg_meant(uuid, uuid, text) is 'The leg that an event of this code at a stop moves, when it can mean but one; else null.';

create or replace function orders.leg_rank(p_state text) returns integer
    language sql immutable parallel safe
    as $$ select array_position('{PLANNED,TENDERED,ACCEPTED,DISPATCHED,AT_ORIGIN,LOADED,DEPARTED,ARRIVED,UNLOADED,HANDED_OVER,DELIVERED,COMPLETED}'::text[], p_state) $$;
comment on function orders.leg_rank(text) is 'How far a leg is; null when it failed or was called off.';

-- Events may come late and leave steps out, so they bring a leg forward to the furthest state told, never back. A tendered leg waits
-- for its award: its times are noted, its state stays.
create or replace function orders.api_levels_told(p_tenant uuid, p_legs uuid[], p_stops uuid[]) returns void
    language plpgsql volatile
    as $$
declare
    v_old orders.leg;
    v_state text;
    v_told record;
begin
    for v_old in select l.* from orders.leg l where l.tenant_id = p_tenant and l.leg_id = any (p_legs) order by l.leg_id for no key update loop
        select max(orders.leg_rank(orders.leg_state_told(e.code))) as rank,
               min(e.event_time) filter (where orders.leg_state_told(e.code) = 'LOADED') as loaded_at,
               min(e.event_time) filter (where orders.leg_state_told(e.code) = 'DEPARTED') as departed_at,
               min(e.event_time) filter (where orders.leg_state_told(e.code) = 'ARRIVED') as arrived_at,
               min(e.event_time) filter (where orders.leg_state_told(e.code) in ('UNLOADED', 'HANDED_OVER', 'DELIVERED')) as unloaded_at
          into v_told
          from tracking.v_level_event e
         where e.tenant_id = p_tenant and e.leg_id = v_old.leg_id;
        v_state := case when v_old.state <> 'TENDERED' and v_told.rank > orders.leg_rank(v_old.state)
                        then (array['PLANNED', 'TENDERED', 'ACCEPTED', 'DISPATCHED', 'AT_ORIGIN', 'LOADED', 'DEPARTED', 'ARRIVED', 'UNLOADED',
                                    'HANDED_OVER', 'DELIVERED'])[v_told.rank] else v_old.state end;
        update orders.leg l
           set state = v_state, loaded_at = coalesce(v_told.loaded_at, l.loaded_at), actual_departure = coalesce(v_told.departed_at, l.actual_departure),
               actual_arrival = coalesce(v_told.arrived_at, l.actual_arrival), unloaded_at = coalesce(v_told.unloaded_at, l.unloaded_at),
               changed_at = clock_timestamp(), version = l.version + 1
         where l.tenant_id = p_tenant and l.leg_id = v_old.leg_id;
        if v_state <> v_old.state then
            perform core.api_event(p_tenant, 'orders.leg.moved', 'leg', v_old.leg_id, jsonb_build_object(
                'shipment_id', v_old.shipment_id, 'from', v_old.state, 'state', v_state, 'carrier_account_id', v_old.carrier_account_id));
        end if;
    end loop;
    update orders.stop t
       set arrived_at = coalesce(n.arrived_at, t.arrived_at), departed_at = coalesce(n.departed_at, t.departed_at), version = t.version + 1
      from (select s.stop_id, min(s.at) filter (where s.is_arrival) as arrived_at, max(s.at) filter (where not s.is_arrival) as departed_at
              from (select e.stop_id, e.event_time as at, e.code not in ('DEP', 'DEPA', 'GTOT') as is_arrival
                      from tracking.v_level_event e
                     where e.tenant_id = p_tenant and e.stop_id = any (p_stops)
                       and e.code in ('APU', 'ARH', 'ADL', 'ARRI', 'GTIN', 'BXR', 'DEP', 'DEPA', 'GTOT')
                    union all
                    select l.from_stop_id, l.actual_departure, false from orders.leg l
                     where l.tenant_id = p_tenant and l.leg_id = any (p_legs) and l.actual_departure is not null
                    union all
                    select l.to_stop_id, l.actual_arrival, true from orders.leg l
                     where l.tenant_id = p_tenant and l.leg_id = any (p_legs) and l.actual_arrival is not null) s
             group by s.stop_id) n
     where t.tenant_id = p_tenant and t.stop_id = n.stop_id;
end $$;
comment on function orders.api_levels_told(uuid, uuid[], uuid[]) is 'Brings legs and stops up to date with the events that name them.';

grant execute on function orders.leg_is_carried(jsonb, orders.leg), orders.api_part_is_reached(uuid, jsonb, uuid, uuid),
    orders.api_any_leg_is_reached(uuid, jsonb, uuid), orders.api_level_missing(uuid, uuid, uuid, uuid, uuid),
    orders.api_leg_moves_shipment(uuid, uuid, text), orders.api_leg_meant(uuid, uuid, text),
    orders.api_part_moves_shipment(uuid, uuid, uuid, uuid, text), orders.leg_state_told(text), orders.leg_rank(text),
    orders.api_levels_told(uuid, uuid[], uuid[]) to hansa_app;
