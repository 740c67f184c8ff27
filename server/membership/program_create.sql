--! POST /v1/programs
--! who:   membership:terms
--! reach: tenant
--! body:  program_create.json
--! reply: program.json
--! ok:    201
--! error: 422 membership/tiers_unordered
--! error: 422 membership/tier_twice
--! error: 422 membership/rate_invalid
--! error: 422 membership/currency_unclear
--! about: Makes a membership program.
--! help:  Points are earned by what is delivered: on SPEND by the price of an order without its surcharges, in one currency. Tiers stand lowest first; a tier's thresholds are in the unit of the earn basis.
select made.body, '/v1/programs/' || (made.body ->> 'program_id') as location
  from membership.program_create(:tenant, :actor, :context, :body) as made (body)
