--! POST /v1/edi/messages
--! who:   exchange:write
--! reach: tenant
--! query: zone text(1..60) -- IANA zone for times that say none and whose place tells none; without it the tenant's zone.
--! value: document jsonb -- What the codec read.
--! value: raw bytea -- The file, byte for byte.
--! body:  application/edi-x12
--! reply: edi_message.json
--! ok:    200
--! idempotency: own
--! error: 422 exchange/edi_refused
--! error: 422 exchange/zone_unknown
--! steps: queue, read, unit, reply
--! lane:  slow
--! about: Takes a file of ANSI X12 214 messages: finds or makes the shipments and records their events.
--! help:  Answers for each transaction set what was understood and what was not. A set that cannot be used is rejected by itself; the rest of the file counts. A file without envelope, or cut off inside it, is refused as a whole.
--! help:  The same interchange control number from the same sender is kept but not applied again, and answered with `duplicate` true.
select received.body, '/v1/edi/messages/' || (received.body ->> 'message_id') as location,
       audit.api_note(:tenant, :context, 'edi_message', (received.body ->> 'message_id')::uuid,
                      jsonb_build_object('verdict', received.body -> 'verdict', 'duplicate', received.body -> 'duplicate',
                                         'sender', received.body -> 'sender', 'control', received.body -> 'control',
                                         'sets', json_array_length(coalesce(received.body -> 'sets', '[]')))) as audited
  from exchange.edi_receive(:tenant, :actor, :document, :raw, :zone) as received (body)
