--! GET /v1/organisations/{org_id}
--! who:   partners:read
--! path:  org_id uuid -- The organisation.
--! reply: organisation.json
--! none:  404 partners/organisation_not_found
--! about: One organisation of the common directory, by its id also when it is not listed.
select partners.organisation_document(o, :tenant) as body, o.version
  from partners.organisation o
 where o.org_id = :org_id and coalesce(:reach ->> 'kind', 'TENANT') not in ('PARTNER', 'ACCOUNT')
