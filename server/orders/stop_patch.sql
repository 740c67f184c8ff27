--! PATCH /v1/shipments/{shipment_id}/stops/{stop_id}
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! path:  stop_id uuid -- The stop.
--! body:  merge-patch stop_patch.json
--! etag:  required
--! reply: stop.json
--! none:  404 orders/stop_not_found
--! null:  412 core/precondition_failed
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! about: Changes a stop: place, window, when the vehicle came and left.
--! help:  A merge patch (RFC 7396). If-Match says which version you saw; a change of somebody else since then is 412 with the present ETag, and nothing is changed.
select done.body, done.version, done.current
  from orders.stop_patch(:tenant, :context, :reach, :shipment_id, :stop_id, :body, :if_match) as done
