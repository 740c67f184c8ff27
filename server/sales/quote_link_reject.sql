--! POST /v1/quote-links/{quote_token}/reject
--! who:   public
--! reach: tenant
--! path:  quote_token text(1..200) -- The token of a quote's link.
--! value: secret_hash bytea -- What is stored of the token.
--! body:  quote_reject.json
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_open
--! steps: token, unit, reply
--! about: Rejects the quote of a link.
select done.body
  from sales.quote_link_answer(:tenant, :secret_hash, 'sales/quote_link_reject', :request_id, false, :body) as done (body)
 where done.body is not null
