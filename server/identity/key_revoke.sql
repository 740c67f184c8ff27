--! DELETE /v1/keys/{key_id}
--! who:   identity:keys
--! path:  key_id uuid -- The key.
--! ok:    204
--! none:  404 identity/key_not_found
--! error: 403 identity/more_than_held
--! about: Revokes a key: within a second no server takes it any more. Revoking it again changes nothing.
--! help:  Who holds less than the key does not end it: what runs with it is another's duty.
with found as materialized (
  select k.api_key_id, k.scopes
    from identity.api_key k
   where k.tenant_id = :tenant and k.api_key_id = :key_id
--? reach: and identity.key_is_reached(:tenant, :reach, k)
), asked as materialized (
  select f.api_key_id from found f where identity.scopes_demand(:tenant, :context, f.scopes, null)
), done as (
  update identity.api_key k
     set revoked_at = now(), revoked_by = :actor
    from asked a
   where k.tenant_id = :tenant and k.api_key_id = a.api_key_id and k.revoked_at is null
  returning k.api_key_id, k.name, k.prefix)
select '{}'::json as body,
       (select audit.api_note(:tenant, :context, 'key', d.api_key_id, jsonb_build_object('name', d.name, 'prefix', d.prefix, 'revoked', true))
          from done d) as audited
  from found f
