--! PATCH /v1/partners/{partner_id}
--! who:   partners:write
--! path:  partner_id uuid -- The relation: its account's id.
--! body:  merge-patch partner_patch.json
--! etag:  required
--! reply: partner.json
--! none:  404 partners/partner_not_found
--! error: 403 core/forbidden
--! error: 422 partners/lane_unclear
--! error: 422 partners/credential_unclear
--! about: Changes what a partner serves and has: modes, equipment, services, lanes, insurances and licences, notes.
select done.body, done.version
  from partners.partner_patch(:tenant, :context, :reach, :partner_id, :if_match, :body) as done
 where done.body is not null
