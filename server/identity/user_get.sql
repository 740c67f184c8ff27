--! GET /v1/users/{user_id}
--! who:   identity:read
--! reach: tenant
--! path:  user_id uuid -- The person.
--! reply: user.json
--! none:  404 identity/user_not_found
--! about: One person of the tenant.
select identity.user_json(u) as body, '"r' || u.version || '"' as etag
  from identity.app_user u
 where u.tenant_id = :tenant and u.user_id = :user_id
