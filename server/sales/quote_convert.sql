--! POST /v1/quotes/{quote_id}/convert
--! who:   sales:write
--! path:  quote_id uuid -- The quote.
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_accepted
--! about: Turns an accepted quote into an order without typing again; its opportunity is won.
--! help:  However often and by however many it is asked, there is one order: order_id names it.
select done.body, done.version from sales.quote_convert(:tenant, :actor, :context, :reach, :quote_id) as done where done.body is not null
