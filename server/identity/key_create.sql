--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! value: name text -- What the key is for; events without a source are filed under it.
--! value: prefix text -- What may be shown of the key.
--! value: secret_hash bytea -- SHA-256 of the whole key.
--! value: scopes text -- Scopes with blanks between them.
--! value: is_test text -- true or false.
--! value: expires_at time -- When it ends, or null for never.
--! about: Stores a new API key; run by the owner with hansa.tenant_id set (hansa admin key create).
insert into identity.api_key (tenant_id, api_key_id, key_ref, name, prefix, secret_hash, scopes, is_test, expires_at)
values (:tenant, core.uuidv7(), :key_ref, :name, :prefix, :secret_hash,
        string_to_array(btrim(regexp_replace(:scopes, '[ ,]+', ' ', 'g')), ' '), :is_test::boolean, :expires_at)
returning json_build_object('api_key_id', api_key_id, 'key_ref', key_ref, 'name', name, 'prefix', prefix, 'scopes', scopes,
                            'is_test', is_test, 'expires_at', core.rfc3339(expires_at)) as body
