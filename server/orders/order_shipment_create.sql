--! POST /v1/orders/{order_id}/shipments
--! who:   orders:write
--! path:  order_id uuid -- The order.
--! body:  order_shipment_create.json
--! reply: shipment.json
--! ok:    201
--! none:  404 orders/order_not_found
--! idempotency: required
--! error: 409 orders/order_state
--! error: 409 orders/cargo_taken
--! error: 409 orders/tracking_number_taken
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 orders/cargo_line_unknown
--! error: 422 orders/number_empty
--! error: 422 orders/parent_not_found
--! error: 422 orders/sscc_repeated
--! error: 422 orders/measure_negative
--! about: Makes a shipment of a confirmed order, with all that is left of its cargo or a part of it.
--! help:  Places, windows, terms and references are those of the order. More of a line than is left is 409, however many ask at once; the cargo of shipments that were cancelled, lost or returned is free again, so it can be shipped again.
select made.body, 1 as version, '/v1/shipments/' || (made.body ->> 'shipment_id') as location
  from orders.order_shipment_create(:tenant, :actor, :context, :reach, :order_id, :body) as made (body)
 where made.body is not null
