--! POST /v1/edi/messages/{message_id}/apply
--! who:   exchange:write
--! reach: tenant
--! path:  message_id uuid -- The message's id.
--! value: document jsonb -- What the codec reads in it now.
--! reply: edi_message.json
--! none:  404 exchange/message_not_found
--! error: 409 exchange/message_status
--! idempotency: accepted
--! steps: queue, load, read, unit, reply
--! lane:  slow
--! about: Applies a message that was parked, or tries one again that was rejected.
--! help:  The kept file is read anew, so that what was not understood when it came may be by now. Interchanges that were applied already stay duplicates.
select done.body,
       audit.api_note(:tenant, :context, 'edi_message', :message_id, jsonb_build_object('step', 'apply', 'verdict', done.body -> 'verdict')) as audited
  from exchange.message_reapply(:tenant, :actor, :message_id, :document) as done (body)
 where done.body is not null
