--! internal
--! about: Puts into the caller's own audit that the sandbox is to be emptied.
select '{}'::json as body,
       case when not identity.api_is_sandbox(:tenant) then
           audit.api_note(:tenant, :context, 'sandbox', identity.api_sandbox_id(:tenant), '{"emptying": "asked for"}') end as audited
