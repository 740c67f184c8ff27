--! POST /v1/shipments/{shipment_id}/legs
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! body:  leg_create.json
--! reply: leg.json
--! ok:    201
--! none:  404 orders/shipment_not_found
--! error: 409 orders/leg_seq_taken
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 orders/stop_unknown
--! error: 422 orders/consignment_unknown
--! error: 422 orders/window_reversed
--! error: 422 orders/amount_negative
--! error: 422 crm/account_not_found
--! about: Adds a leg: one movement from stop to stop by one carrier.
--! help:  It begins as PLANNED. Without `seq` it comes after the last one. What it costs is shown to the house and to its carrier alone.
select made.body, 1 as version, '/v1/shipments/' || :shipment_id || '/legs/' || (made.body ->> 'leg_id') as location
  from orders.leg_create(:tenant, :actor, :context, :reach, :shipment_id, :body) as made (body)
 where made.body is not null
