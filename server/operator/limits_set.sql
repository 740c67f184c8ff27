--! PUT /v1/operator/tenants/{tenant_id}/limits
--! who:   operator:write
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! body:  limits_set.json
--! reply: tenant.json
--! none:  404 operator/tenant_not_found
--! about: Sets the limits of a tenant, all three at once.
select done.body, case when done.is_changed then audit.api_note(:tenant, :context, 'tenant', :tenant_id, :body) end as audited
  from operator.limits_set(:tenant, :tenant_id, :body) as done
 where done.body is not null
