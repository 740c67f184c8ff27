--! PATCH /v1/shipments/{shipment_id}
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment's id.
--! body:  merge-patch shipment_patch.json
--! etag:  required
--! reply: shipment.json
--! none:  404 orders/shipment_not_found
--! null:  412 core/precondition_failed
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! about: Changes what was agreed of a shipment: carrier, service, terms, planned windows.
--! help:  A merge patch (RFC 7396): what it names takes the place of what was, null deletes, the rest stays. If-Match says which version you saw; a change of somebody else since then is 412 with the present ETag, and nothing is changed.
--! help:  If-Match is held against the version of the shipment's own data: an event that came meanwhile does not stand in the way.
select done.body, done.version, done.current,
       case when done.changes is not null then audit.api_note(:tenant, :context, 'shipment', :shipment_id, done.changes) end as audited
  from orders.shipment_patch(:tenant, :shipment_id, :body, :if_match, :reach) as done
