--! GET /v1/exceptions/{exception_id}
--! who:   tracking:read
--! path:  exception_id uuid -- The exception.
--! reply: exception.json
--! none:  404 tracking/exception_not_found
--! about: One exception.
select tracking.exception_document(:tenant, x) as body, x.version
  from tracking.exception x
 where x.tenant_id = :tenant and x.exception_id = :exception_id
--? reach: and orders.api_part_is_reached(:tenant, :reach, x.shipment_id, x.leg_id)
