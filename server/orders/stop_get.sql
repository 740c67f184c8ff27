--! GET /v1/shipments/{shipment_id}/stops/{stop_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! path:  stop_id uuid -- The stop.
--! reply: stop.json
--! none:  404 orders/stop_not_found
--! about: One stop of a shipment.
--! help:  A partner that carries a leg sees the stops of that leg.
select orders.stop_document(o) as body, o.version
  from orders.stop o
 where o.tenant_id = :tenant and o.stop_id = :stop_id and o.shipment_id = :shipment_id
--? reach: and orders.stop_is_reached(:tenant, :reach, o)
