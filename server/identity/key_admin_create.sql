--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! value: name text -- What the key is for; events without a source are filed under it.
--! value: prefix text -- What may be shown of the key.
--! value: secret_hash bytea -- SHA-256 of the whole key.
--! value: scopes text -- Scopes with blanks between them.
--! value: is_test text -- true or false.
--! value: expires_at time -- When it ends, or null for never.
--! about: Stores a new API key; run by the owner with hansa.tenant_id set (hansa admin key create).
with made as (
  insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes, is_test, expires_at)
  values (:tenant, core.uuidv7(), :key_ref, :name, :prefix, :secret_hash,
          string_to_array(btrim(regexp_replace(:scopes, '[ ,]+', ' ', 'g')), ' '), :is_test::boolean, :expires_at)
  returning *)
select json_build_object('api_key_id', m.api_key_id, 'key_ref', m.key_ref, 'name', m.name, 'prefix', m.prefix, 'scopes', m.scopes,
                         'is_test', m.is_test, 'expires_at', core.rfc3339(m.expires_at)) as body, identity.sandbox_key_list(m) as listed,
       audit.api_note(:tenant, '{"actor_kind": "SYSTEM", "endpoint": "hansa admin key create"}', 'key', m.api_key_id,
                      jsonb_build_object('name', m.name, 'prefix', m.prefix, 'scopes', to_jsonb(m.scopes))) as audited
  from made m
