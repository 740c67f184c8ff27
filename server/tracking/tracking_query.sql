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
         array(select distinct n.shipment_id
                 from orders.v_shipment_number n
                where n.tenant_id = :tenant and n.number_key = a.number_key
--? reach: and orders.api_is_reached(:tenant, :reach, n.shipment_id)
                order by n.shipment_id desc
                limit 21) as ids
    from asked a
)
select concat('{"results":[', string_agg(coalesce(r.body, json_build_object('number', h.number, 'found', false)::text), ',' order by h.place), ']}') as body
  from hit h
  left join lateral (
        select concat(left((select row_to_json(x)
                  from (select h.number, true as found, s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta,
                               st.last_event_time, s.customer, s.carrier_scac, s.mode, s.service, s."references", s.origin, s.destination,
                               s.planned_pickup, s.planned_delivery) x)::text, -1),
                      ',"events":[', (select string_agg(e.body_text, ',')
                                       from (select v.body_text
                                               from tracking.v_event v
                                              where v.tenant_id = :tenant and v.shipment_id = h.ids[1]
                                              order by v.event_time desc, v.event_id desc
                                              limit coalesce((:body ->> 'events')::integer, 20)) e),
                      '],"also":', case when h.ids[2] is null then '[]' else orders.api_shipments_named(:tenant, h.ids[2:])::text end, '}') as body
          from orders.v_shipment s
          join tracking.v_shipment_status st on st.tenant_id = :tenant and st.shipment_id = h.ids[1]
         where s.tenant_id = :tenant and s.shipment_id = h.ids[1]
        offset 0) r on h.ids[1] is not null
