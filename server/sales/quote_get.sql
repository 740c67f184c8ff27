--! GET /v1/quotes/{quote_id}
--! who:   sales:read
--! path:  quote_id uuid -- The quote.
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! about: One quote. A customer sees those of own accounts once they are sent, without your cost.
select sales.quote_document(q) as body, q.version
  from sales.quote q
 where q.tenant_id = :tenant and q.quote_id = :quote_id
--? reach: and sales.quote_is_reached(:reach, q)
