--! POST /v1/tenders/{tender_id}/offer
--! who:   alliances:write
--! path:  tender_id uuid -- The tender.
--! reply: tender.json
--! ok:    200
--! none:  404 alliances/tender_not_found
--! error: 409 alliances/tender_state
--! error: 409 alliances/tender_leg_state
--! error: 422 alliances/tender_not_shared
--! about: Offers a draft to all whom it asks.
select done.body
  from alliances.tender_moved(:tenant, :context, :reach, :tender_id, 'offer', '{}') as done (body)
 where done.body is not null
