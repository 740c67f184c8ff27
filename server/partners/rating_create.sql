--! POST /v1/partners/{partner_id}/ratings
--! who:   partners:write
--! path:  partner_id uuid -- The relation: its account's id.
--! body:  rating_create.json
--! reply: rating.json
--! ok:    201
--! none:  404 partners/partner_not_found
--! error: 403 core/forbidden
--! about: Rates a partner by hand, with reasons.
select made.body
  from partners.rating_create(:tenant, :actor, :context, :reach, :partner_id, :body) as made (body)
 where made.body is not null
