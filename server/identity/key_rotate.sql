--! POST /v1/keys/{key_id}/rotate
--! who:   identity:keys
--! path:  key_id uuid -- The key.
--! value: key text -- The key with its new secret, told once and not stored.
--! value: secret_hash bytea -- What is stored of it.
--! body:  key_rotate.json
--! reply: key_made.json
--! ok:    200
--! idempotency: none-stored
--! none:  404 identity/key_not_found
--! error: 403 identity/more_than_held
--! error: 409 identity/key_ended
--! steps: peek, mint, unit, reply
--! about: Gives a key a new secret; the old one counts for some hours more.
--! help:  The new secret is told in this answer only. A second rotation ends the secret before the last one at once; with `overlap_hours` 0 the last one too. You need to hold what the key holds.
select (done.body || jsonb_build_object('key', :key))::json as body
  from identity.key_rotate(:tenant, :context, :key_id, :secret_hash, coalesce((:body ->> 'overlap_hours')::integer, 24), :reach) as done (body)
 where done.body is not null
