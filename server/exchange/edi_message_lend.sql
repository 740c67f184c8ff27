--! internal
--! value: message_id uuid -- The message.
--! about: The bytes of a test that is to be tried in the sandbox; the firm's audit tells who had it tried.
select m.raw::text as raw, m.zone, '{}'::json as body,
       audit.api_note(:tenant, :context, 'edi_message', :message_id, '{"step": "apply-to-sandbox"}') as audited
  from exchange.message_held(:tenant, :message_id, 'apply-to-sandbox') m
 where m.message_id is not null
