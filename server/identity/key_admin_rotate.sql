--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! value: secret_hash bytea -- SHA-256 of the whole key with its new secret.
--! value: overlap_hours text -- For how many hours the old secret counts too.
--! about: Gives a key a new secret; run by the owner with hansa.tenant_id set (hansa admin key rotate).
with done as (
  update identity.api_key
     set old_secret_hash = case when :overlap_hours::integer > 0 then secret_hash end,
         old_valid_until = case when :overlap_hours::integer > 0 then now() + make_interval(hours => :overlap_hours::integer) end,
         secret_hash = :secret_hash, rotated_at = now()
   where tenant_id = :tenant and key_ref = :key_ref and revoked_at is null
  returning *)
select json_build_object('api_key_id', d.api_key_id, 'name', d.name, 'old_secret_until', core.rfc3339(d.old_valid_until)) as body,
       audit.api_note(:tenant, '{"actor_kind": "SYSTEM", "endpoint": "hansa admin key rotate"}', 'key', d.api_key_id,
                      jsonb_build_object('name', d.name, 'prefix', d.prefix, 'rotated', true)) as audited
  from done d
