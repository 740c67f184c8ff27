--! GET /v1/shipments/{shipment_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment's id.
--! expand: events -- The 200 newest events of the shipment, in the member `events`.
--! reply: shipment.json
--! none:  404 orders/shipment_not_found
--! about: One shipment with its parties, handling units and derived status.
select
--? expand_events: core.json_with(
       found.body
--? expand_events: , 'events', (select coalesce(json_agg(e.body order by e.event_time desc, e.event_id desc), '[]'::json)
--? expand_events:               from (select v.body, v.event_time, v.event_id from tracking.v_event v
--? expand_events:                      where v.tenant_id = :tenant and v.shipment_id = :shipment_id
--? expand_events:                      order by v.event_time desc, v.event_id desc limit 200) e))
       as body,
       (select s.version from orders.shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id) as version
  from orders.shipment_document(:tenant, :shipment_id) as found (body)
 where found.body is not null
--? reach: and orders.api_is_reached(:tenant, :reach, :shipment_id)
