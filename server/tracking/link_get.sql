--! GET /v1/shipments/{shipment_id}/links/{link_id}
--! who:   tracking:read
--! path:  shipment_id uuid -- The shipment.
--! path:  link_id uuid -- The link.
--! reply: link.json
--! none:  404 tracking/link_not_found
--! about: One public link of a shipment, also when it has ended.
select json_build_object('link_id', l.link_id, 'shipment_id', l.shipment_id, 'hint', l.hint,
                         'state', case when l.revoked_at is not null then 'REVOKED' when l.expires_at <= now() then 'EXPIRED' else 'LIVE' end,
                         'created_at', core.rfc3339(l.created_at), 'expires_at', core.rfc3339(l.expires_at),
                         'revoked_at', core.rfc3339(l.revoked_at), 'last_viewed_at', core.rfc3339(l.last_viewed_at),
                         'view_count', l.view_count) as body
  from tracking.link l
 where l.tenant_id = :tenant and l.shipment_id = :shipment_id and l.link_id = :link_id
--? reach: and orders.api_is_reached(:tenant, :reach, l.shipment_id)
