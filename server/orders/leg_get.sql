--! GET /v1/shipments/{shipment_id}/legs/{leg_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! path:  leg_id uuid -- The leg.
--! reply: leg.json
--! none:  404 orders/leg_not_found
--! about: One leg of a shipment.
--! help:  A partner sees the legs that it carries; what a leg costs is shown to the house and to its carrier.
select orders.leg_document(o) as body, o.version
  from orders.leg o
 where o.tenant_id = :tenant and o.leg_id = :leg_id and o.shipment_id = :shipment_id
--? reach: and orders.leg_is_reached(:tenant, :reach, o)
