--! internal
--! value: secret_hash bytea -- The link that was looked at.
--! about: Notes that a public link was looked at; a small unit of its own, off the answer's path.
update tracking.link
   set last_viewed_at = now(), view_count = view_count + 1
 where tenant_id = :tenant and secret_hash = :secret_hash
returning json_build_object('link_id', link_id) as body
