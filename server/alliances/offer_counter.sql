--! POST /v1/offers/{offer_id}/counter
--! who:   alliances:answer
--! path:  offer_id uuid -- The offer.
--! body:  offer_counter.json
--! reply: offer.json
--! ok:    200
--! none:  404 alliances/offer_not_found
--! error: 409 alliances/offer_closed
--! error: 422 alliances/price_negative
--! about: Answers an offer with a price of your own.
--! help:  The owner may award it at that price. Until then you may counter anew, accept or decline.
select done.body
  from alliances.offer_answer(:tenant, :actor, :context, :reach, :offer_id, 'COUNTERED', :body) as done (body)
 where done.body is not null
