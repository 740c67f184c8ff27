--! GET /v1/edi/partners/{edi_partner_id}
--! who:   exchange:read
--! reach: tenant
--! path:  edi_partner_id uuid -- The profile's id.
--! reply: edi_partner.json
--! none:  404 exchange/edi_partner_not_found
--! about: One profile.
select exchange.edi_partner_document(r) as body, r.version
  from exchange.edi_partner r
 where r.tenant_id = :tenant and r.edi_partner_id = :edi_partner_id
