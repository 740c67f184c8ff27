--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! about: Ends a key at once; run by the owner with hansa.tenant_id set (hansa admin key revoke).
with done as (
  update identity.api_key
     set revoked_at = coalesce(revoked_at, now())
   where tenant_id = :tenant and key_ref = :key_ref
  returning *)
select json_build_object('api_key_id', d.api_key_id, 'name', d.name, 'revoked_at', core.rfc3339(d.revoked_at)) as body,
       case when d.revoked_at = now() then
           audit.api_note(:tenant, '{"actor_kind": "SYSTEM", "endpoint": "hansa admin key revoke"}', 'key', d.api_key_id,
                          jsonb_build_object('name', d.name, 'prefix', d.prefix, 'revoked', true)) end as audited
  from done d
