-- What room orders holds of a receiver, and how it is erased (room privacy asks; decision 0021). A party is a name and an
-- address, so that is how a receiver is found: by both, since a name alone is many people's.

create or replace function orders.is_receiver(p_receiver jsonb, p_name text, p_place jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select lower(p_name) = lower(p_receiver ->> 'name')
             and upper(replace(p_place ->> 'postcode', ' ', '')) is not distinct from upper(replace(p_receiver ->> 'postcode', ' ', '')) $$;
comment on function orders.is_receiver(jsonb, text, jsonb) is 'Same name and same postcode, letter case and blanks aside.';

create or replace function orders.api_person_held(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return jsonb_build_object('orders.shipment_party', (
        select jsonb_agg(to_jsonb(p) - 'tenant_id' || jsonb_build_object('tracking_number', s.tracking_number) order by p.shipment_id, p.position)
          from orders.shipment_party p
          join orders.shipment s on s.tenant_id = p_tenant and s.shipment_id = p.shipment_id
         where p.tenant_id = p_tenant and orders.is_receiver(p_person -> 'receiver', p.name, p.address)),
        'orders.order_', (select jsonb_agg(jsonb_build_object('order_number', o.order_number, 'origin', o.origin, 'destination', o.destination) order by o.order_id)
          from orders.order_ o
         where o.tenant_id = p_tenant and o.order_id in (select s.order_id from orders.shipment s
                where s.tenant_id = p_tenant and s.shipment_id = any (orders.api_person_shipments(p_tenant, p_person)))));
end $$;
comment on function orders.api_person_held(uuid, jsonb) is 'Shipments on which the person is a party.';

-- Which shipments: asked before the parties are erased, for rooms that hold copies.
create or replace function orders.api_person_shipments(p_tenant uuid, p_person jsonb) returns uuid[]
    language plpgsql stable
    as $$
begin
    return array(select distinct p.shipment_id from orders.shipment_party p
                  where p.tenant_id = p_tenant and orders.is_receiver(p_person -> 'receiver', p.name, p.address));
end $$;
comment on function orders.api_person_shipments(uuid, jsonb) is 'Shipments on which the person is a party.';

-- Parties of the same name that are not held to be the person, for whoever has to decide.
create or replace function orders.api_person_namesakes(p_tenant uuid, p_person jsonb) returns bigint
    language plpgsql stable
    as $$
begin
    return (select count(*) from orders.shipment_party p
             where p.tenant_id = p_tenant and lower(p.name) = lower(p_person -> 'receiver' ->> 'name')
               and not orders.is_receiver(p_person -> 'receiver', p.name, p.address));
end $$;
comment on function orders.api_person_namesakes(uuid, jsonb) is 'How many parties have the name, but another postcode or none.';

-- A party without a person: what trade and statistics need of it stays.
create or replace function orders.place_bare(p_place jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select p_place - 'name' - 'address_lines' - 'postcode' $$;
comment on function orders.place_bare(jsonb) is 'A place without site, street and postcode: city, region, country, zone, UN/LOCODE.';

create or replace function orders.api_person_erase(p_tenant uuid, p_person jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_shipments uuid[] := orders.api_person_shipments(p_tenant, p_person);
    v_parties integer;
begin
    update orders.shipment s
       set destination = case when upper(replace(s.destination ->> 'postcode', ' ', '')) = upper(replace(p_person -> 'receiver' ->> 'postcode', ' ', ''))
                                or lower(s.destination ->> 'name') = lower(p_person -> 'receiver' ->> 'name')
                              then orders.place_bare(s.destination) else s.destination end,
           origin = case when upper(replace(s.origin ->> 'postcode', ' ', '')) = upper(replace(p_person -> 'receiver' ->> 'postcode', ' ', ''))
                           or lower(s.origin ->> 'name') = lower(p_person -> 'receiver' ->> 'name')
                         then orders.place_bare(s.origin) else s.origin end
     where s.tenant_id = p_tenant and s.shipment_id = any (v_shipments);
    update orders.order_ o
       set origin = case when upper(replace(o.origin ->> 'postcode', ' ', '')) = upper(replace(p_person -> 'receiver' ->> 'postcode', ' ', ''))
                            or lower(o.origin ->> 'name') = lower(p_person -> 'receiver' ->> 'name')
                          then orders.place_bare(o.origin) else o.origin end,
           destination = case when upper(replace(o.destination ->> 'postcode', ' ', '')) = upper(replace(p_person -> 'receiver' ->> 'postcode', ' ', ''))
                            or lower(o.destination ->> 'name') = lower(p_person -> 'receiver' ->> 'name')
                          then orders.place_bare(o.destination) else o.destination end
     where o.tenant_id = p_tenant and o.order_id in (select s.order_id from orders.shipment s where s.tenant_id = p_tenant and s.shipment_id = any (v_shipments));
    update orders.stop t set place = case when upper(replace(t.place ->> 'postcode', ' ', '')) = upper(replace(p_person -> 'receiver' ->> 'postcode', ' ', ''))
                            or lower(t.place ->> 'name') = lower(p_person -> 'receiver' ->> 'name')
                          then orders.place_bare(t.place) else t.place end
     where t.tenant_id = p_tenant and t.shipment_id = any (v_shipments);
    update orders.shipment_party p set name = 'Erased', code = null, address = orders.place_bare(p.address)
     where p.tenant_id = p_tenant and p.shipment_id = any (v_shipments) and orders.is_receiver(p_person -> 'receiver', p.name, p.address);
    get diagnostics v_parties = row_count;
    return jsonb_build_object('orders.shipment_party', v_parties);
end $$;
comment on function orders.api_person_erase(uuid, jsonb) is 'Takes the receiver out of parties and places; shipments stay.';

create or replace function orders.api_retention_apply(p_tenant uuid, p_days jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_before timestamptz := now() - make_interval(days => (p_days ->> 'RECEIVERS')::integer);
    v_parties integer;
begin
    with old as (
        select p.shipment_id, p.position
          from orders.shipment s
          join orders.shipment_party p on p.tenant_id = p_tenant and p.shipment_id = s.shipment_id
         where s.tenant_id = p_tenant and s.created_at < v_before and p.role in ('CONSIGNEE', 'NOTIFY') and p.name <> 'Erased'
         order by s.shipment_id
         limit 1000), bare as (
        update orders.shipment s set destination = orders.place_bare(s.destination)
         where s.tenant_id = p_tenant and s.shipment_id in (select o.shipment_id from old o))
    update orders.shipment_party p set name = 'Erased', code = null, address = orders.place_bare(p.address)
      from old
     where p.tenant_id = p_tenant and p.shipment_id = old.shipment_id and p.position = old.position;
    get diagnostics v_parties = row_count;
    return jsonb_build_object('RECEIVERS', v_parties);
end $$;
comment on function orders.api_retention_apply(uuid, jsonb) is 'Takes receivers out of shipments older than their days, a thousand at a time.';

grant execute on function orders.is_receiver(jsonb, text, jsonb), orders.api_person_held(uuid, jsonb), orders.api_person_shipments(uuid, jsonb),
    orders.api_person_namesakes(uuid, jsonb),
    orders.place_bare(jsonb), orders.api_person_erase(uuid, jsonb), orders.api_retention_apply(uuid, jsonb) to hansa_app;
