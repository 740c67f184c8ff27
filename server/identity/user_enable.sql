--! POST /v1/users/{user_id}/enable
--! who:   identity:write
--! path:  user_id uuid -- The person.
--! reply: user.json
--! ok:    200
--! none:  404 identity/user_not_found
--! error: 403 identity/owner_protected
--! about: Lets a person in again.
select u.body
  from identity.user_enable(:tenant, :context, :user_id, :reach) u(body)
