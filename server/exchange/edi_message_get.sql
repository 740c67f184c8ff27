--! GET /v1/edi/messages/{message_id}
--! who:   exchange:read
--! reach: tenant
--! path:  message_id uuid -- The message's id.
--! reply: edi_message.json
--! none:  404 exchange/message_not_found
--! about: One EDI message with the report that was made of it.
select found.body
  from exchange.message_document(:tenant, :message_id) as found (body)
 where found.body is not null
