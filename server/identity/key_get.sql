--! GET /v1/keys/{key_id}
--! who:   identity:read
--! path:  key_id uuid -- The key.
--! reply: key.json
--! none:  404 identity/key_not_found
--! about: One API key, without its secret.
select identity.key_document(:tenant, k) as body
  from identity.api_key k
 where k.tenant_id = :tenant and k.api_key_id = :key_id
--? reach: and identity.key_is_reached(:tenant, :reach, k)
