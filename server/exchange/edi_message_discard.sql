--! POST /v1/edi/messages/{message_id}/discard
--! who:   exchange:write
--! reach: tenant
--! path:  message_id uuid -- The message's id.
--! reply: edi_message.json
--! none:  404 exchange/message_not_found
--! error: 409 exchange/message_status
--! about: Decides that a parked message is not to be applied; it stays as it came.
select done.body,
       audit.api_note(:tenant, :context, 'edi_message', :message_id, jsonb_build_object('step', 'discard', 'verdict', done.body -> 'verdict')) as audited
  from exchange.message_discard(:tenant, :message_id) as done (body)
 where done.body is not null
