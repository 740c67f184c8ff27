--! POST /v1/edi/partners
--! who:   exchange:setup
--! reach: tenant
--! body:  edi_partner_create.json
--! reply: edi_partner.json
--! ok:    201
--! error: 409 exchange/edi_partner_taken
--! error: 422 exchange/zone_unknown
--! error: 422 exchange/edi_id_unclear
--! about: Makes a profile of a sender: how its files are taken.
select made.body, 1 as version, '/v1/edi/partners/' || (made.body ->> 'edi_partner_id') as location
  from exchange.edi_partner_create(:tenant, :actor, :context, :body) as made (body)
