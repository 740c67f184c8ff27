--! GET /v1/shipments/{shipment_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment's id.
--! reply: shipment.json
--! none:  404 orders/shipment_not_found
--! about: One shipment with its parties, handling units and derived status.
select found.body
  from orders.shipment_document(:tenant, :shipment_id) as found (body)
 where found.body is not null
--? reach: and orders.api_is_reached(:tenant, :reach, :shipment_id)
