--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! about: Ends a key at once; run by the owner with hansa.tenant_id set (hansa admin key revoke).
update identity.api_key
   set revoked_at = coalesce(revoked_at, now())
 where tenant_id = :tenant and key_ref = :key_ref
returning json_build_object('api_key_id', api_key_id, 'name', name, 'revoked_at', core.rfc3339(revoked_at)) as body
