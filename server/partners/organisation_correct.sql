--! PATCH /v1/operator/organisations/{org_id}
--! who:   operator:write
--! reach: operator
--! path:  org_id uuid -- The organisation.
--! body:  merge-patch organisation_correct.json
--! etag:  required
--! reply: organisation.json
--! none:  404 partners/organisation_not_found
--! error: 409 partners/registration_taken
--! error: 409 partners/gln_taken
--! error: 409 partners/scac_taken
--! error: 409 partners/iata_taken
--! error: 409 partners/fmc_taken
--! error: 422 partners/iata_invalid
--! error: 422 partners/fmc_invalid
--! error: 422 partners/country_missing
--! error: 422 partners/listing_missing
--! about: Corrects any entry of the common directory, or says that its numbers were looked up.
select done.body, done.version
  from partners.organisation_patch(:tenant, :context, :org_id, :if_match, :body, true) as done
 where done.body is not null
