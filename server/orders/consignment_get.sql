--! GET /v1/shipments/{shipment_id}/consignments/{consignment_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! path:  consignment_id uuid -- The consignment.
--! reply: consignment.json
--! none:  404 orders/consignment_not_found
--! about: One contract of carriage of a shipment.
--! help:  A partner sees its own.
select orders.consignment_document(:tenant, o) as body
  from orders.consignment o
 where o.tenant_id = :tenant and o.consignment_id = :consignment_id and o.shipment_id = :shipment_id
--? reach: and orders.consignment_is_reached(:tenant, :reach, o)
