--! POST /v1/quotes/{quote_id}/reject
--! who:   sales:accept
--! path:  quote_id uuid -- The quote.
--! body:  quote_reject.json
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_open
--! about: Rejects a quote: the customer's people, or yours for them.
select done.body, done.version from sales.quote_answer(:tenant, :context, :reach, :quote_id, false, :body) as done where done.body is not null
