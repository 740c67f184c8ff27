--! POST /v1/offers/{offer_id}/accept
--! who:   alliances:answer
--! path:  offer_id uuid -- The offer.
--! body:  offer_accept.json
--! reply: offer.json
--! ok:    200
--! none:  404 alliances/offer_not_found
--! error: 409 alliances/offer_closed
--! error: 409 alliances/offer_priceless
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! about: Accepts an offer at the price that it tells.
--! help:  Accepted is not awarded: look at `state` of the offer, or wait for the event `alliances.offer.awarded`. If somebody else was first it becomes GONE.
select done.body
  from alliances.offer_answer(:tenant, :actor, :context, :reach, :offer_id, 'ACCEPTED', :body) as done (body)
 where done.body is not null
