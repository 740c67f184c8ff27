--! GET /v1/edi/messages/{message_id}/content
--! who:   exchange:read
--! reach: tenant
--! path:  message_id uuid -- The message's id.
--! reply: application/edi-x12
--! reply: application/edifact
--! reply: application/octet-stream
--! error: 404 exchange/message_not_found
--! steps: unit, content
--! lane:  slow
--! about: The file as it came, byte for byte; also one that was refused.
--! help:  404 as well when its days are over (retention) or it named somebody whose data were erased: then the message stays without its file.
select encode(m.raw, 'hex') as raw, encode(sha256(m.raw), 'hex') as sha256,
       case m.format when 'X12' then 'application/edi-x12' when 'EDIFACT' then 'application/edifact' else 'application/octet-stream' end as media_type
  from exchange.edi_message m
 where m.tenant_id = :tenant and m.message_id = :message_id and octet_length(m.raw) > 0
