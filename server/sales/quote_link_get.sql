--! GET /v1/quote-links/{quote_token}
--! who:   public
--! reach: tenant
--! path:  quote_token text(1..200) -- The token of a quote's link.
--! value: secret_hash bytea -- What is stored of the token.
--! reply: quote.json
--! none:  404 sales/quote_not_found
--! steps: token, unit, viewed, reply
--! about: The quote of a link, for whoever has it.
--! help:  Unknown, malformed and replaced links get one and the same 404. Your cost and the opportunity are not shown.
select sales.quote_document(q) as body
  from sales.quote q
 where q.tenant_id = :tenant and q.secret_hash = :secret_hash
   and exists (select from identity.v_tenant t where t.id = :tenant and t.status = 'ACTIVE')
