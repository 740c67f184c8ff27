--! POST /v1/partners
--! who:   partners:write
--! body:  partner_create.json
--! reply: partner.json
--! ok:    201
--! error: 403 core/forbidden
--! error: 409 partners/account_related
--! error: 409 partners/organisation_related
--! error: 422 crm/account_not_found
--! error: 422 partners/account_is_no_partner
--! error: 422 partners/no_such_organisation
--! error: 422 partners/lane_unclear
--! error: 422 partners/credential_unclear
--! about: Begins a relation to an organisation, as CANDIDATE, through an account of kind PARTNER or SUPPLIER.
--! help:  The organisation does not learn of it.
select made.body, '/v1/partners/' || (made.body ->> 'partner_id') as location
  from partners.partner_create(:tenant, :actor, :context, :reach, :body) as made (body)
