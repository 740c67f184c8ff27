--! GET /v1/units/{unit_id}
--! who:   identity:read
--! reach: tenant
--! path:  unit_id uuid -- The unit.
--! reply: unit.json
--! none:  404 identity/unit_not_found
--! about: One unit of the organisation.
select identity.unit_document(u) as body, u.version from identity.org_unit u where u.tenant_id = :tenant and u.unit_id = :unit_id
