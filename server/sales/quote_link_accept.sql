--! POST /v1/quote-links/{quote_token}/accept
--! who:   public
--! reach: tenant
--! path:  quote_token text(1..200) -- The token of a quote's link.
--! value: secret_hash bytea -- What is stored of the token.
--! body:  quote_accept.json
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_open
--! error: 422 sales/no_such_option
--! steps: token, unit, reply
--! about: Accepts the quote of a link.
select done.body
  from sales.quote_link_answer(:tenant, :secret_hash, 'sales/quote_link_accept', :request_id, true, :body) as done (body)
 where done.body is not null
