--! GET /v1/partners/{partner_id}
--! who:   partners:read
--! path:  partner_id uuid -- The relation: its account's id.
--! reply: partner.json
--! none:  404 partners/partner_not_found
--! about: One relation; a partner's own people see it without notes, score and reasons.
select partners.partner_document(r) as body, r.version
  from partners.partner r
 where r.tenant_id = :tenant and r.partner_id = :partner_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, r.partner_id)
