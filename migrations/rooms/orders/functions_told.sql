-- What may be told of a leg to those who are to carry it, whole: what of it leaves the house is for a charter to say. What is
-- not here can never leave by it: the customer, the order, what it is sold for, what it may cost.

create or replace function orders.stop_told(s orders.stop) returns jsonb
    language sql stable
    as $$ select jsonb_strip_nulls(jsonb_build_object('type', s.type, 'place', s.place, 'window',
                     case when coalesce(s.window_from, s.window_to) is not null then
                         jsonb_build_object('from', core.rfc3339(s.window_from), 'to', core.rfc3339(s.window_to), 'zone', s.zone) end)) $$;
comment on function orders.stop_told(orders.stop) is 'A stop as documents tell it.';

create or replace function orders.api_leg_told(p_tenant uuid, p_leg uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_strip_nulls(jsonb_build_object(
               'leg', jsonb_build_object('seq', l.seq, 'mode', l.mode, 'planned_departure', core.rfc3339(l.planned_departure),
                                         'planned_arrival', core.rfc3339(l.planned_arrival)),
               'from', orders.stop_told(f), 'to', orders.stop_told(t),
               'shipment', jsonb_build_object('tracking_number', s.tracking_number, 'service', s.service, 'incoterm', s.incoterm,
                                              'incoterm_place', s.incoterm_place),
               'references', (select jsonb_agg(jsonb_build_object('kind', n.kind, 'number', n.number) order by n.kind, n.number)
                                from orders.shipment_number n
                               where n.tenant_id = p_tenant and n.shipment_id = l.shipment_id and n.kind not in ('TRACKING', 'SSCC')),
               'parties', (select jsonb_agg(jsonb_build_object('role', p.role, 'name', p.name, 'code', p.code, 'address', p.address)
                                            order by p.position)
                             from orders.shipment_party p
                            where p.tenant_id = p_tenant and p.shipment_id = l.shipment_id),
               'cargo', (select jsonb_build_object('units', count(*), 'weight_kg', sum(u.weight_kg)::text, 'volume_m3', sum(u.volume_m3)::text)
                           from orders.handling_unit u
                          where u.tenant_id = p_tenant and u.shipment_id = l.shipment_id and u.parent_id is null),
               'handling_units', (select jsonb_agg(jsonb_build_object('sscc', u.sscc, 'type', u.unit_type, 'description', u.description,
                                             'weight_kg', u.weight_kg::text, 'volume_m3', u.volume_m3::text, 'length_cm', u.length_cm::text,
                                             'width_cm', u.width_cm::text, 'height_cm', u.height_cm::text) order by u.position)
                                    from orders.handling_unit u
                                   where u.tenant_id = p_tenant and u.shipment_id = l.shipment_id and u.parent_id is null)))
      from orders.leg l
      join orders.stop f on f.tenant_id = p_tenant and f.stop_id = l.from_stop_id
      join orders.stop t on t.tenant_id = p_tenant and t.stop_id = l.to_stop_id
      join orders.shipment s on s.tenant_id = p_tenant and s.shipment_id = l.shipment_id
     where l.tenant_id = p_tenant and l.leg_id = p_leg);
end $$;
comment on function orders.api_leg_told(uuid, uuid) is 'A leg with its stops, goods, numbers and parties, for documents; null when there is none.';

create or replace function orders.api_legs_near(p_tenant uuid, p_leg uuid) returns uuid[]
    language plpgsql stable
    as $$
declare
    v_legs uuid[];
    v_place integer;
begin
    v_legs := array(select o.leg_id
                      from orders.leg l
                      join orders.leg o on o.tenant_id = p_tenant and o.shipment_id = l.shipment_id
                     where l.tenant_id = p_tenant and l.leg_id = p_leg order by o.seq);
    if cardinality(v_legs) < 2 then
        return null;
    end if;
    v_place := array_position(v_legs, p_leg);
    return v_legs[greatest(v_place - 1, 1) : v_place + 1];
end $$;
comment on function orders.api_legs_near(uuid, uuid) is 'A leg, the one before and the one after; null when it is the only one, so that all of the shipment is its.';

grant execute on function orders.stop_told(orders.stop), orders.api_leg_told(uuid, uuid), orders.api_legs_near(uuid, uuid) to hansa_app;
