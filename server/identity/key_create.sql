--! POST /v1/keys
--! who:   identity:write
--! reach: tenant
--! value: key text -- The key, told once and not stored.
--! value: key_ref text -- The part of it that finds its row.
--! value: prefix text -- What may be shown of it.
--! value: secret_hash bytea -- What is stored of it.
--! body:  key_create.json
--! reply: key_made.json
--! ok:    201
--! error: 403 identity/more_than_held
--! error: 422 identity/scope_unknown
--! error: 422 identity/expiry_past
--! error: 422 identity/address_invalid
--! steps: mint, unit, reply
--! about: Makes an API key, which acts for the whole tenant within its scopes.
--! help:  The key is told in this answer only; the house keeps a hash of it. Send it as `Authorization: Bearer …`.
--! help:  A key holds no more than its maker: no other scopes, and a key that a key makes ends no later, counts from no other networks, and is a test key if its maker is one. Keys reach the whole tenant, so whoever reaches less makes none.
select (made.body || jsonb_build_object('key', :key))::json as body, '/v1/keys/' || (made.body ->> 'key_id') as location
  from identity.key_make(:tenant, :context, :body, :key_ref, :prefix, :secret_hash) as made (body)
