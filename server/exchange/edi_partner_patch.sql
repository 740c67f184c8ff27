--! PATCH /v1/edi/partners/{edi_partner_id}
--! who:   exchange:setup
--! reach: tenant
--! path:  edi_partner_id uuid -- The profile's id.
--! body:  merge-patch edi_partner_patch.json
--! etag:  required
--! reply: edi_partner.json
--! none:  404 exchange/edi_partner_not_found
--! error: 409 exchange/edi_partner_taken
--! error: 422 exchange/zone_unknown
--! error: 422 exchange/edi_id_unclear
--! about: Changes a profile.
--! help:  A merge patch (RFC 7396). It counts for files that come from now on; what is parked stays parked.
select done.body, done.version
  from exchange.edi_partner_patch(:tenant, :context, :edi_partner_id, :if_match, :body) as done
 where done.body is not null
