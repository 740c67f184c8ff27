--! internal
--! access: read
--! value: message_id uuid -- The message.
--! about: The bytes of a message that is to be read again.
select encode(m.raw, 'hex') as raw
  from exchange.edi_message m
 where m.tenant_id = :tenant and m.message_id = :message_id
