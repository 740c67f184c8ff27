--! GET /v1/users/{user_id}
--! who:   identity:read
--! path:  user_id uuid -- The person.
--! reply: user.json
--! none:  404 identity/user_not_found
--! about: One person of those whom you may see.
select identity.user_json(u) as body, u.version
  from identity.app_user u
 where u.tenant_id = :tenant and u.user_id = :user_id
--? reach: and identity.user_is_reached(:tenant, :reach, u)
