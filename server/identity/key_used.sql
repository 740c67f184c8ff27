--! internal
--! value: actor_id uuid -- The key that was used.
--! about: Notes that a key was used; written at most once a minute for a key, off the answer's path.
update identity.api_key
   set last_used_at = now()
 where tenant_id = :tenant and api_key_id = :actor_id
   and (last_used_at is null or last_used_at < now() - interval '1 minute')
returning json_build_object('api_key_id', api_key_id) as body
