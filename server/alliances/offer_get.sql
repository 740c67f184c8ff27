--! GET /v1/offers/{offer_id}
--! who:   alliances:read
--! path:  offer_id uuid -- The offer.
--! reply: offer.json
--! none:  404 alliances/offer_not_found
--! about: One offer with what was told of the leg.
select alliances.offer_document(o) as body
  from alliances.offer o
 where o.tenant_id = :tenant and o.offer_id = :offer_id
--? reach: and alliances.offer_is_reached(:tenant, :reach, o)
