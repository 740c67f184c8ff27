--! GET /v1/roles/{role}
--! who:   identity:read
--! reach: tenant
--! path:  role text(2..40) -- The role's short name.
--! reply: role.json
--! none:  404 identity/role_not_found
--! about: One role.
select identity.role_document(r) as body, r.version from identity.role r where r.tenant_id = :tenant and r.role = :role
