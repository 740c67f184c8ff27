--! POST /v1/tenders/{tender_id}/withdraw
--! who:   alliances:write
--! path:  tender_id uuid -- The tender.
--! body:  tender_withdraw.json
--! reply: tender.json
--! ok:    200
--! none:  404 alliances/tender_not_found
--! error: 409 alliances/tender_state
--! about: Takes a tender back.
--! help:  The leg is free again, and those who were asked are told that it was withdrawn. What is awarded is not withdrawn.
select done.body
  from alliances.tender_moved(:tenant, :context, :reach, :tender_id, 'withdraw', :body) as done (body)
 where done.body is not null
