--! internal
--! value: tenant_id uuid -- The tenant.
--! about: Puts on the operator's record whom or what he let into a tenant, and answers its document, which is the body.
select :body::json as body,
       audit.api_note(:tenant, :context, 'tenant', :tenant_id, jsonb_strip_nulls(jsonb_build_object(
           'user_id', :body -> 'user_id', 'key_id', :body -> 'key_id', 'prefix', :body -> 'prefix', 'scopes', :body -> 'scopes'))) as audited
