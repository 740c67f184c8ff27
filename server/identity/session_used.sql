--! internal
--! value: secret_hash bytea -- SHA-256 of the whole cookie.
--! about: Notes that a session was used, off the answer's path.
update identity.session
   set last_seen_at = now()
 where tenant_id = :tenant and secret_hash = :secret_hash and ended_at is null
   and last_seen_at < now() - interval '15 seconds'
returning json_build_object('session_id', session_id) as body
