--! POST /v1/users/{user_id}/disable
--! who:   identity:write
--! path:  user_id uuid -- The person.
--! reply: user.json
--! ok:    200
--! none:  404 identity/user_not_found
--! error: 403 identity/owner_protected
--! error: 409 identity/last_owner
--! about: Shuts a person out at once: their sessions and links end. What they did stays.
select u.body
  from identity.user_disable(:tenant, :context, :user_id, :reach) u(body)
