--! POST /v1/tracking/query
--! who:   tracking:read
--! access: read
--! body:  tracking_query.json
--! reply: tracking_query_reply.json
--! about: Where up to 1,000 shipments are, by any of their numbers, in the order asked.
--! help:  One result for each number: found true with the shipment, or found false. Each result is like the answer of GET /v1/tracking/{number}, with at most `events` events (default 20).
with asked as materialized (
  select a.number, a.place, orders.api_number_key(a.number) as number_key
    from jsonb_array_elements_text(:body -> 'numbers') with ordinality as a (number, place)
), hit as materialized (
  select a.place, a.number,
         (select n.shipment_id
            from orders.v_shipment_number n
           where n.tenant_id = :tenant and n.number_key = a.number_key
--? reach: and orders.api_is_reached(:tenant, :reach, n.shipment_id)
           order by n.shipment_id desc
           limit 1) as shipment_id,
         a.number_key
    from asked a
)
select json_build_object('results', json_agg(coalesce(r.body, json_build_object('number', h.number, 'found', false)) order by h.place)) as body
  from hit h
  left join lateral (
        select row_to_json(x) as body
          from (select h.number, true as found, s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta,
                       st.last_event_time, s.customer, s.carrier_scac, s.mode, s.service, s."references", s.origin, s.destination,
                       s.planned_pickup, s.planned_delivery,
                       (select coalesce(json_agg(e.body order by e.event_time desc, e.event_id desc), '[]'::json)
                          from (select v.body, v.event_time, v.event_id
                                  from tracking.v_event v
                                 where v.tenant_id = :tenant and v.shipment_id = h.shipment_id
                                 order by v.event_time desc, v.event_id desc
                                 limit coalesce((:body ->> 'events')::integer, 20)) e) as events,
                       (select coalesce(json_agg(json_build_object('shipment_id', o.shipment_id, 'tracking_number', o.tracking_number)
                                                 order by o.shipment_id desc), '[]'::json)
                          from (select distinct n.shipment_id, t.tracking_number
                                  from orders.v_shipment_number n
                                  join orders.v_shipment t on t.tenant_id = :tenant and t.shipment_id = n.shipment_id
                                 where n.tenant_id = :tenant and n.number_key = h.number_key and n.shipment_id <> h.shipment_id
--? reach: and orders.api_is_reached(:tenant, :reach, n.shipment_id)
                                 order by n.shipment_id desc
                                 limit 20) o) as also
                  from orders.v_shipment s
                  join tracking.v_shipment_status st on st.tenant_id = :tenant and st.shipment_id = h.shipment_id
                 where s.tenant_id = :tenant and s.shipment_id = h.shipment_id
                offset 0) x) r on h.shipment_id is not null
