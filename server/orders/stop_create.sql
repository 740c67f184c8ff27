--! POST /v1/shipments/{shipment_id}/stops
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! body:  stop_create.json
--! reply: stop.json
--! ok:    201
--! none:  404 orders/shipment_not_found
--! error: 409 orders/stop_seq_taken
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! about: Adds a stop to a shipment.
--! help:  Without `seq` it comes after the last one.
select made.body, 1 as version, '/v1/shipments/' || :shipment_id || '/stops/' || (made.body ->> 'stop_id') as location
  from orders.stop_create(:tenant, :context, :reach, :shipment_id, :body) as made (body)
 where made.body is not null
