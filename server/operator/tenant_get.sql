--! GET /v1/operator/tenants/{tenant_id}
--! who:   operator:read
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! reply: tenant.json
--! none:  404 operator/tenant_not_found
--! about: One tenant of the platform.
select k.body, k.version from operator.tenant(:tenant, :tenant_id) as k where k.body is not null
