-- How a set finds its shipment (decision 0014): by which of its numbers, and when a number is not enough.

-- Which of our kinds a reference of the codec is stored as.
create or replace function exchange.number_kind(p_kind text) returns text
    language sql immutable parallel safe
    as $$ select case when p_kind in ('BOL', 'MASTER_BOL', 'PRO', 'PO', 'CUSTOMER', 'SHIPMENT', 'CONTAINER', 'BOOKING', 'WAYBILL',
                                      'DELIVERY_ORDER') then p_kind
                      when p_kind = 'AIR_WAYBILL' then 'AWB' when p_kind = 'EQUIPMENT' then 'CONTAINER' else 'OTHER' end $$;

-- Numbers that many shipments have at once: an order is sent in parts, a container is used again.
create or replace function exchange.is_shared_number(p_kind text) returns boolean
    language sql immutable parallel safe
    as $$ select p_kind in ('PO', 'CUSTOMER', 'MASTER_BOL', 'BOOKING', 'CONTAINER', 'EQUIPMENT', 'INVOICE') $$;

-- Is what the shipment has under a kind of number other than what the set says under it? Where either says nothing, no.
create or replace function exchange.is_contradicted(p_tenant uuid, p_shipment uuid, p_keys jsonb, p_kinds text[]) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (
        select from unnest(p_kinds) w (kind)
         cross join lateral (
               select array_agg(n.number_key) as keys from orders.v_shipment_number n
                where n.tenant_id = p_tenant and n.shipment_id = p_shipment and n.kind = exchange.number_kind(w.kind)) has
         cross join lateral (
               select array_agg(orders.api_number_key(k.value ->> 1)) as keys from jsonb_array_elements(p_keys) k (value)
                where k.value ->> 0 = w.kind) said
         where not has.keys && said.keys);
end $$;
comment on function exchange.is_contradicted(uuid, uuid, jsonb, text[]) is
    'Has the shipment numbers of one of these kinds, and none of those that the set gives under it?';

-- Carriers are known by their SCAC; one that leaves it out, by its sender's id, under which it told of the shipment before. A
-- shipment that has no carrier and of which nobody told is anybody's.
create or replace function exchange.is_same_carrier(p_tenant uuid, p_shipment uuid, p_has text, p_scac text, p_sender text) returns boolean
    language plpgsql stable
    as $$
begin
    if p_has is not null and p_scac is not null then
        return p_has = p_scac;
    end if;
    return exists (select from exchange.edi_told t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.sender = p_sender)
        or (p_has is null and not exists (select from exchange.edi_told t where t.tenant_id = p_tenant and t.shipment_id = p_shipment));
end $$;
comment on function exchange.is_same_carrier(uuid, uuid, text, text, text) is 'Is the carrier of a set that of the shipment, as far as can be told?';

-- Shipments with one of a set's numbers that no other number of the set speaks against. Numbers that a carrier gives out count
-- only for that carrier; a number of the shipper's unless another carrier has the shipment.
create or replace function exchange.shipments_named(p_tenant uuid, p_scac text, p_sender text, p_keys jsonb, p_kind text, p_number_key text)
    returns table (shipment_id uuid, is_shared boolean)
    language plpgsql stable
    as $$
begin
    return query
    -- limit and offset 0: the number first, then its shipments one by one, whatever the statistics say.
    select c.shipment_id, c.is_shared
      from (select n.shipment_id, exchange.is_shared_number(p_kind) or bool_and(exchange.is_shared_number(n.kind) or n.kind = 'OTHER') as is_shared
              from (select k.shipment_id, k.kind
                      from orders.v_shipment_number k
                     where k.tenant_id = p_tenant and k.number_key = p_number_key
                     order by k.shipment_id desc
                     limit 50 /* a number that more have says nothing, and a file may name it thousands of times */) n
             cross join lateral (
                   select v.carrier_scac from orders.v_shipment v where v.tenant_id = p_tenant and v.shipment_id = n.shipment_id offset 0) s
             where case when p_kind = 'TRACKING' then n.kind not in ('PRO', 'CONTAINER', 'SSCC')
                        when p_kind = 'SHIPMENT' then n.kind not in ('PRO', 'CONTAINER', 'SSCC', 'OTHER')
                        when p_kind = 'BOL' then n.kind in ('BOL', 'HOUSE_BOL', 'SHIPMENT')
                        else n.kind = exchange.number_kind(p_kind) end
               and case when p_kind in ('PRO', 'CONTAINER', 'EQUIPMENT', 'WAYBILL')
                            then exchange.is_same_carrier(p_tenant, n.shipment_id, s.carrier_scac, p_scac, p_sender)
                        else coalesce(s.carrier_scac = p_scac, true) end
             group by n.shipment_id) c
     where p_kind = 'PRO'
        or not exchange.is_contradicted(p_tenant, c.shipment_id, p_keys,
                   case when c.is_shared then '{PRO,SHIPMENT,BOL,WAYBILL,AIR_WAYBILL,DELIVERY_ORDER}'::text[]
                        when p_kind in ('SHIPMENT', 'TRACKING') then '{}'::text[] else '{PRO,SHIPMENT}'::text[] end)
     order by c.shipment_id desc
     limit 2;
end $$;
comment on function exchange.shipments_named(uuid, text, text, jsonb, text, text) is
    'The newest two shipments that one number of a set may mean; is_shared: by a number that many have.';

-- The shipment that a set is about: the first of its keys that fits, and of several shipments the newest; but of a number that many
-- shipments have only where there is one.
drop function if exists exchange.shipment_find(uuid, text, jsonb);
create or replace function exchange.shipment_find(p_tenant uuid, p_scac text, p_sender text, p_keys jsonb, out shipment_id uuid, out matched_by text)
    language plpgsql stable
    as $$
declare
    v_key record;
    v_count bigint;
    v_is_shared boolean;
begin
    for v_key in
        select k.value ->> 0 as kind, orders.api_number_key(k.value ->> 1) as number_key
          from jsonb_array_elements(p_keys) with ordinality as k (value, place)
         order by exchange.is_shared_number(k.value ->> 0), k.place
    loop
        select count(*), (array_agg(n.shipment_id order by n.shipment_id desc))[1], bool_or(n.is_shared)
          into v_count, shipment_id, v_is_shared
          from exchange.shipments_named(p_tenant, p_scac, p_sender, p_keys, v_key.kind, v_key.number_key) n
         where v_key.number_key <> '';
        if v_count = 1 or (v_count > 1 and not v_is_shared) then
            matched_by := v_key.kind;
            return;
        end if;
        shipment_id := null;
    end loop;
end $$;
comment on function exchange.shipment_find(uuid, text, text, jsonb) is 'The shipment that a set is about, and by which kind of number it was found.';

-- Numbers of a set in our words, without what no number may be.
create or replace function exchange.set_numbers(p_keys jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select coalesce(jsonb_agg(distinct jsonb_build_object('kind', exchange.number_kind(k.value ->> 0), 'number', k.value ->> 1)), '[]')
      from jsonb_array_elements(p_keys) as k (value)
     where length(k.value ->> 1) between 1 and 64 and core.is_line(k.value ->> 1) and orders.api_number_key(k.value ->> 1) <> '');
end $$;

-- The carrier of a set: as B10-03 names it, else as the partner's profile does, else the sender itself where its id is a SCAC.
create or replace function exchange.set_scac(p_interchange jsonb, p_set jsonb, p_partner_scac text) returns text
    language plpgsql immutable
    as $$
begin
    return (
    select c.scac
      from unnest(array[upper(p_set ->> 'scac'), p_partner_scac,
                        case when p_interchange ->> 'sender' like '02:%' then upper(substr(p_interchange ->> 'sender', 4)) end,
                        case when p_interchange ->> 'sender' like '02:%'
                             then upper(p_interchange -> 'groups' -> (p_set ->> 'group')::integer ->> 'sender') end]) with ordinality c (scac, place)
     where c.scac ~ '^[A-Z]{2,4}$'
     order by c.place
     limit 1);
end $$;
comment on function exchange.set_scac(jsonb, jsonb, text) is 'SCAC of the carrier that a set is from; null when nothing tells it.';

grant execute on function exchange.number_kind(text), exchange.is_shared_number(text), exchange.is_contradicted(uuid, uuid, jsonb, text[]),
    exchange.is_same_carrier(uuid, uuid, text, text, text), exchange.shipments_named(uuid, text, text, jsonb, text, text),
    exchange.shipment_find(uuid, text, text, jsonb), exchange.set_numbers(jsonb), exchange.set_scac(jsonb, jsonb, text) to hansa_app;
