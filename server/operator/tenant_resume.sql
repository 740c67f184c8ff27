--! POST /v1/operator/tenants/{tenant_id}/resume
--! who:   operator:write
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! reply: tenant.json
--! ok:    200
--! none:  404 operator/tenant_not_found
--! about: Lets a suspended tenant in again.
select done.body, case when done.is_changed then
           audit.api_note(:tenant, :context, 'tenant', :tenant_id, '{"status": {"old": "SUSPENDED", "new": "ACTIVE"}}') end as audited
  from operator.tenant_status_set(:tenant, :tenant_id, 'ACTIVE') as done
 where done.body is not null
