--! internal
--! access: read
--! value: tenant_id uuid -- The tenant.
--! about: Refuses the operator's unit a tenant that is none: a sandbox, the operator's own, an id of nobody.
select operator.api_tenant_demand(:tenant, :tenant_id)::text as tenant_id, '{}'::json as body
