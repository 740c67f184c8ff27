--! DELETE /v1/roles/{role}
--! who:   identity:write
--! reach: tenant
--! path:  role text(2..40) -- The role's short name.
--! ok:    204
--! none:  404 identity/role_not_found
--! error: 409 identity/role_built_in
--! error: 409 identity/role_in_use
--! about: Deletes a role of your own that nobody holds.
select '{}'::json as body, done.audited from identity.role_delete(:tenant, :context, :role) as done (audited) where done.audited is not null
