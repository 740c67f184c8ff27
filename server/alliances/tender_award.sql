--! POST /v1/tenders/{tender_id}/award
--! who:   alliances:write
--! path:  tender_id uuid -- The tender.
--! body:  tender_award.json
--! reply: tender.json
--! ok:    200
--! none:  404 alliances/tender_not_found
--! error: 409 alliances/tender_state
--! error: 409 alliances/tender_bid_state
--! error: 409 alliances/tender_leg_state
--! error: 409 alliances/tender_member_left
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 alliances/tender_bid_unknown
--! about: Awards a tender to a bid that was accepted or countered.
--! help:  A countered bid is awarded at its own price.
select done.body
  from alliances.tender_moved(:tenant, :context, :reach, :tender_id, 'award', :body) as done (body)
 where done.body is not null
