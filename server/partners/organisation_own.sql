--! GET /v1/organisations/own
--! who:   partners:read
--! reply: organisation.json
--! none:  404 partners/organisation_not_found
--! about: Your own entry in the common directory.
--! help:  Its id is what you tell others who shall invite you.
select partners.organisation_document(o, :tenant) as body, o.version
  from partners.organisation o
 where o.of_tenant = :tenant and coalesce(:reach ->> 'kind', 'TENANT') not in ('PARTNER', 'ACCOUNT')
