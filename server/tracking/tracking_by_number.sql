--! GET /v1/tracking/{number}
--! who:   tracking:read
--! path:  number text(1..64) -- Any number of the shipment: tracking number, BOL, PRO, PO, SSCC, container … Blanks, hyphens and case do not matter.
--! reply: tracking.json
--! none:  404 tracking/not_found
--! about: Where a shipment is, by any of its numbers.
--! help:  Several shipments may carry the same number. Then the newest answers, and `also` names up to 20 others.
--! help:  `events` holds the 200 newest, by event time, then by order of acceptance. Corrected events stay in the list with `superseded_by`.
select concat(left((select row_to_json(x)
          from (select :number as number, s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta,
                       st.last_event_time, s.customer, s.carrier_scac, s.mode, s.service, s."references", s.origin, s.destination,
                       s.planned_pickup, s.planned_delivery) x)::text, -1),
              ',"events":[', (select string_agg(e.body_text, ',')
                               from (select v.body_text
                                       from tracking.v_event v
                                      where v.tenant_id = :tenant and v.shipment_id = s.shipment_id
                                      order by v.event_time desc, v.event_id desc
                                      limit 200) e),
              '],"also":', case when hit.ids[2] is null then '[]' else orders.api_shipments_named(:tenant, hit.ids[2:])::text end, '}') as body
  from (select array(select distinct n.shipment_id
                       from orders.v_shipment_number n
                      where n.tenant_id = :tenant and n.number_key = orders.api_number_key(:number)
--? reach: and orders.api_is_reached(:tenant, :reach, n.shipment_id)
                      order by n.shipment_id desc
                      limit 21) as ids offset 0) hit
  join orders.v_shipment s on s.tenant_id = :tenant and s.shipment_id = hit.ids[1]
  join tracking.v_shipment_status st on st.tenant_id = :tenant and st.shipment_id = hit.ids[1]
