--! POST /v1/offers/{offer_id}/decline
--! who:   alliances:answer
--! path:  offer_id uuid -- The offer.
--! body:  offer_decline.json
--! reply: offer.json
--! ok:    200
--! none:  404 alliances/offer_not_found
--! error: 409 alliances/offer_closed
--! about: Declines an offer and says why.
select done.body
  from alliances.offer_answer(:tenant, :actor, :context, :reach, :offer_id, 'DECLINED', :body) as done (body)
 where done.body is not null
