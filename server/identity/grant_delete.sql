--! DELETE /v1/users/{user_id}/grants/{grant_id}
--! who:   identity:write
--! path:  user_id uuid -- The person.
--! path:  grant_id uuid -- The grant.
--! ok:    204
--! none:  404 identity/grant_not_found
--! error: 403 identity/more_than_held
--! error: 403 identity/owner_protected
--! error: 409 identity/last_owner
--! about: Takes a role away from a person, from the next request on.
--! help:  The last owner of a tenant stays. The person's open sessions end.
select '{}'::json as body, done.audited
  from identity.grant_delete(:tenant, :context, :reach, :user_id, :grant_id) as done (audited)
 where done.audited is not null
