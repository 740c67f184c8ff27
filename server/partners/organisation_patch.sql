--! PATCH /v1/organisations/{org_id}
--! who:   partners:write
--! reach: tenant
--! path:  org_id uuid -- The organisation.
--! body:  merge-patch organisation_patch.json
--! etag:  required
--! reply: organisation.json
--! none:  404 partners/organisation_not_found
--! error: 409 sandbox/not_here
--! error: 403 partners/organisation_not_yours
--! error: 403 partners/organisation_settled
--! error: 403 partners/organisation_checked
--! error: 409 partners/registration_taken
--! error: 409 partners/gln_taken
--! error: 409 partners/scac_taken
--! error: 409 partners/iata_taken
--! error: 409 partners/fmc_taken
--! error: 422 partners/iata_invalid
--! error: 422 partners/fmc_invalid
--! error: 422 partners/country_missing
--! error: 422 partners/listing_missing
--! about: Corrects an entry: your own, or one that you entered within the last week.
select done.body, done.version
  from partners.organisation_patch(:tenant, :context, :org_id, :if_match, :body, false) as done
 where done.body is not null
