--! POST /v1/operator/tenants
--! who:   operator:write
--! reach: operator
--! body:  tenant_create.json
--! reply: tenant.json
--! ok:    201
--! idempotency: accepted
--! error: 409 identity/slug_taken
--! error: 422 identity/zone_unknown
--! error: 422 identity/locale_invalid
--! steps: unit, open, leave, reply
--! about: Makes a tenant with its built-in roles.
--! help:  Its first owner is invited by POST /v1/operator/tenants/{tenant_id}/users, its first key made by POST …/keys.
select made.body, made.body ->> 'tenant_id' as made_id, '/v1/operator/tenants/' || (made.body ->> 'tenant_id') as location,
       audit.api_note(:tenant, :context, 'tenant', (made.body ->> 'tenant_id')::uuid, :body) as audited
  from operator.tenant_create(:tenant, :body) as made (body)
