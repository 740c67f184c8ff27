--! GET /v1/shipments/{shipment_id}/handling-units
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! reply: unit_tree.json
--! none:  404 orders/shipment_not_found
--! about: All handling units of a shipment, with what they stand in.
select orders.units_document(:tenant, :shipment_id) as body
 where exists (select from orders.shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_any_leg_is_reached(:tenant, :reach, s.shipment_id)
)
