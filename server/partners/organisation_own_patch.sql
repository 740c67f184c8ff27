--! PATCH /v1/organisations/own
--! who:   partners:own
--! reach: tenant
--! body:  merge-patch organisation_own_patch.json
--! etag:  required
--! reply: organisation.json
--! none:  404 partners/organisation_not_found
--! error: 409 sandbox/not_here
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
--! about: Changes your own entry: what others may know of you, and whether they find you.
select done.body, done.version
  from partners.organisation_patch(:tenant, :context, partners.api_organisation_of(:tenant), :if_match, :body, false) as done
 where done.body is not null
