--! POST /v1/organisations
--! who:   partners:write
--! body:  organisation_create.json
--! reply: organisation.json
--! ok:    201
--! error: 409 sandbox/not_here
--! error: 403 core/forbidden
--! error: 409 partners/too_many_entries
--! error: 409 partners/registration_taken
--! error: 409 partners/gln_taken
--! error: 409 partners/scac_taken
--! error: 409 partners/iata_taken
--! error: 409 partners/fmc_taken
--! error: 422 partners/identifier_missing
--! error: 422 partners/iata_invalid
--! error: 422 partners/fmc_invalid
--! about: Enters an organisation that does not use this installation into the common directory.
--! help:  Everybody sees it; who entered it is not told. One that has a number of it already is refused: look it up by the number. You can correct your entry for a week, then the operator does.
select made.body, '/v1/organisations/' || (made.body ->> 'org_id') as location
  from partners.organisation_enter(:tenant, :context, :reach, :body) as made (body)
