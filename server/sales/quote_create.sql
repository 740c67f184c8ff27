--! POST /v1/quotes
--! who:   sales:write
--! body:  quote_create.json
--! reply: quote.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 crm/no_such_contact
--! error: 422 sales/no_such_opportunity
--! error: 422 sales/amount_invalid
--! error: 422 sales/zone_unknown
--! error: 422 sales/valid_until_past
--! about: Makes a quote, a draft: what is to be moved, and ways to do it compared on route, days, cost, CO2 and price.
select made.body, made.version, '/v1/quotes/' || (made.body ->> 'quote_id') as location
  from sales.quote_create(:tenant, :actor, :context, :reach, :body) as made
