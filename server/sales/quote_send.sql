--! POST /v1/quotes/{quote_id}/send
--! who:   sales:write
--! path:  quote_id uuid -- The quote.
--! value: token text -- The token of the link, told once and not stored.
--! value: hint text -- Its last characters, to tell links apart by.
--! value: secret_hash bytea -- What is stored of it.
--! value: url text -- The whole address.
--! reply: quote_sent.json
--! idempotency: none-stored
--! none:  404 sales/quote_not_found
--! error: 409 sales/quote_not_open
--! error: 409 sales/quote_without_option
--! steps: mint, unit, reply
--! about: Sends a quote: makes the link over which it is looked at, accepted or rejected without a key.
--! help:  The address is told in this answer only; the house keeps a hash of it. Sending again makes a new link, and the one before opens nothing any more. The quote's opportunity is QUOTED from then on.
select core.json_with(core.json_with(sales.quote_document(sent), 'url', to_json(:url)), 'token', to_json(:token)) as body, sent.version
  from sales.quote_send(:tenant, :context, :reach, :quote_id, :secret_hash, :hint) as sent
 where sent.quote_id is not null
