--! GET /v1/tenders/{tender_id}
--! who:   alliances:read
--! path:  tender_id uuid -- The tender.
--! reply: tender.json
--! none:  404 alliances/tender_not_found
--! about: One tender with its bids.
select alliances.tender_document(t) as body
  from alliances.tender t
 where t.tenant_id = :tenant and t.tender_id = :tender_id
--? reach: and alliances.tender_is_reached(:tenant, :reach, t.shipment_id)
