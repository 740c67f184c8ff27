--! POST /v1/opportunities
--! who:   sales:write
--! body:  opportunity_create.json
--! reply: opportunity.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 crm/no_such_contact
--! error: 422 sales/owner_not_found
--! error: 422 sales/amount_invalid
--! about: Makes an opportunity: a chance of business with an account.
select sales.opportunity_document(made) as body, made.version, '/v1/opportunities/' || made.opportunity_id as location
  from sales.opportunity_create(:tenant, :actor, :context, :reach, :body) as made
