--! POST /v1/shipments/{shipment_id}/handling-units
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! body:  unit_add.json
--! reply: unit_tree.json
--! ok:    201
--! none:  404 orders/shipment_not_found
--! error: 422 orders/parent_not_found
--! error: 422 orders/sscc_repeated
--! error: 422 orders/measure_negative
--! error: 422 orders/units_too_many
--! about: Adds handling units to a shipment.
--! help:  Answers all units of the shipment. A unit that others stand in is judged by them: the shipment's status is derived anew.
select made.body, '/v1/shipments/' || :shipment_id || '/handling-units' as location
  from orders.unit_add(:tenant, :context, :reach, :shipment_id, :body) as made (body)
 where made.body is not null
