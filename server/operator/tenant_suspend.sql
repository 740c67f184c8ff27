--! POST /v1/operator/tenants/{tenant_id}/suspend
--! who:   operator:write
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! body:  tenant_suspend.json
--! reply: tenant.json
--! ok:    200
--! none:  404 operator/tenant_not_found
--! about: Suspends a tenant: within a second no key, session or public link of it opens anything on any server; its data stay.
select done.body, case when done.is_changed then
           audit.api_note(:tenant, :context, 'tenant', :tenant_id,
                          jsonb_build_object('status', '{"old": "ACTIVE", "new": "SUSPENDED"}'::jsonb, 'reason', :body -> 'reason')) end as audited
  from operator.tenant_status_set(:tenant, :tenant_id, 'SUSPENDED') as done
 where done.body is not null
