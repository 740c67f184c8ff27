--! DELETE /v1/shipments/{shipment_id}/links/{link_id}
--! who:   tracking:share
--! path:  shipment_id uuid -- The shipment.
--! path:  link_id uuid -- The link.
--! ok:    204
--! none:  404 tracking/link_not_found
--! about: Ends a public link at once; ending it again changes nothing.
update tracking.link l
   set revoked_at = coalesce(l.revoked_at, now())
 where l.tenant_id = :tenant and l.shipment_id = :shipment_id and l.link_id = :link_id
--? reach: and orders.api_is_reached(:tenant, :reach, l.shipment_id)
returning json_build_object('link_id', l.link_id) as body,
          case when l.revoked_at = now() then
              audit.api_note(:tenant, :context, 'link', l.link_id,
                             jsonb_build_object('shipment_id', l.shipment_id, 'revoked_at', core.rfc3339(l.revoked_at))) end as audited
