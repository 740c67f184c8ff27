--! POST /v1/quotes/{quote_id}/accept
--! who:   sales:accept
--! path:  quote_id uuid -- The quote.
--! body:  quote_accept.json
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_open
--! error: 422 sales/no_such_option
--! about: Accepts a quote with one of its options: the customer's people, or yours for them.
select done.body, done.version from sales.quote_answer(:tenant, :context, :reach, :quote_id, true, :body) as done where done.body is not null
