--! PATCH /v1/shipments/{shipment_id}/legs/{leg_id}
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! path:  leg_id uuid -- The leg.
--! body:  merge-patch leg_patch.json
--! etag:  required
--! reply: leg.json
--! none:  404 orders/leg_not_found
--! null:  412 core/precondition_failed
--! error: 409 orders/leg_state
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 orders/consignment_unknown
--! error: 422 orders/window_reversed
--! error: 422 orders/amount_negative
--! error: 422 crm/account_not_found
--! about: Changes what is agreed of a leg: carrier, vehicle, times, cost.
--! help:  A merge patch (RFC 7396). If-Match says which version you saw; a change of somebody else since then is 412 with the present ETag, and nothing is changed.
select done.body, done.version, done.current
  from orders.leg_patch(:tenant, :context, :reach, :shipment_id, :leg_id, :body, :if_match) as done
