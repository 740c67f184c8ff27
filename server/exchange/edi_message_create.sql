--! POST /v1/edi/messages
--! who:   exchange:write
--! reach: tenant
--! query: zone text(1..60) -- IANA zone for times that say none and whose place tells none; without it that of the partner's profile, else the tenant's.
--! value: document jsonb -- What the codec read.
--! value: raw bytea -- The file, byte for byte.
--! body:  application/edi-x12, application/x12, application/edifact, application/edi-consent, application/octet-stream, text/plain
--! reply: edi_message.json
--! ok:    200
--! idempotency: own
--! error: 422 exchange/edi_refused
--! error: 422 exchange/zone_unknown
--! steps: queue, read, unit, verdict, reply
--! lane:  slow
--! about: Takes a file of ANSI X12 214 messages: finds or makes the shipments and records their events.
--! help:  Answers for each transaction set what was understood and what not. A set that cannot be used is rejected by itself, an event whose time cannot be read is lost by itself; the rest of the file counts. A set may tell of many shipments: `shipments` names them all.
--! help:  Every file is kept byte for byte, also one that is refused (422: no envelope, cut off inside it, not X12, a stranger's): `Location` names its message, and `GET …/content` gives it back.
--! help:  An interchange is known by its bytes: the same again from the same sender is kept but not applied, with `duplicate` true. Another one under the same control number is applied with the warning `control_reused`, or parked when the partner's profile says PARK.
--! help:  A test (ISA15 is T, or the profile says TEST) is read, reported and kept as TEST, and applied to nothing.
select received.body, '/v1/edi/messages/' || (received.body ->> 'message_id') as location,
       case when received.body ->> 'verdict' = 'REFUSED' then coalesce(received.body -> 'reason' ->> 'detail', 'The file is not an X12 interchange.') end as refusal,
       audit.api_note(:tenant, :context, 'edi_message', (received.body ->> 'message_id')::uuid,
                      jsonb_build_object('verdict', received.body -> 'verdict', 'duplicate', received.body -> 'duplicate',
                                         'sender', received.body -> 'sender', 'control', received.body -> 'control',
                                         'sets', json_array_length(coalesce(received.body -> 'sets', '[]')))) as audited
  from exchange.edi_receive(:tenant, :actor, :document, :raw, :zone) as received (body)
