--! internal
--! about: All keys of a tenant, without their secrets; run by the owner with hansa.tenant_id set (hansa admin key list).
select coalesce(json_agg(json_build_object('api_key_id', api_key_id, 'key_ref', key_ref, 'name', name, 'prefix', prefix,
                             'scopes', scopes, 'is_test', is_test, 'created_at', core.rfc3339(created_at),
                             'expires_at', core.rfc3339(expires_at), 'revoked_at', core.rfc3339(revoked_at),
                             'last_used_at', core.rfc3339(last_used_at)) order by created_at), '[]'::json) as body
  from identity.api_key
 where tenant_id = :tenant
