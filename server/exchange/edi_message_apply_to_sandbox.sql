--! POST /v1/edi/messages/{message_id}/apply-to-sandbox
--! who:   exchange:write
--! reach: tenant
--! path:  message_id uuid -- The message's id.
--! value: document jsonb -- What the codec reads in it now.
--! value: raw bytea -- Its file.
--! value: zone text -- The zone that was given with it.
--! reply: edi_message.json
--! none:  404 sandbox/sandbox_not_found
--! error: 404 exchange/message_not_found
--! error: 409 exchange/message_status
--! idempotency: own
--! steps: queue, load, read, enter, unit, reply
--! lane:  slow
--! about: Applies a test to the sandbox; the answer says what would have come of it.
--! help:  The file is taken there as if it had been sent there: the answer is the message that the sandbox keeps, with its own id, and a test key finds its shipments and events. In the firm's books the message stays TEST and nothing else changes.
select received.body,
       audit.api_note(:tenant, :context, 'edi_message', (received.body ->> 'message_id')::uuid,
                      jsonb_build_object('step', 'apply-to-sandbox', 'verdict', received.body -> 'verdict')) as audited
  from identity.v_tenant t
 cross join lateral exchange.edi_receive(:tenant, :actor, :document, :raw, :zone) as received (body)
 where t.id = :tenant and t.sandbox_of is not null
