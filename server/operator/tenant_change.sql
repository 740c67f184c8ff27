--! PATCH /v1/operator/tenants/{tenant_id}
--! who:   operator:write
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! etag:  required
--! body:  merge-patch tenant_change.json
--! reply: tenant.json
--! none:  404 operator/tenant_not_found
--! error: 422 identity/zone_unknown
--! error: 422 identity/locale_invalid
--! error: 422 identity/slug_stays
--! steps: unit, tell, leave, reply
--! about: Renames a tenant, or changes its zone or language; its sandbox goes with it.
--! help:  A merge patch (RFC 7396). The slug stays as it was made, since people sign in by it. The entry in the common directory is the firm's own: PATCH /v1/organisations/own.
select done.body, done.version, done.changes,
       case when done.changes is not null then audit.api_note(:tenant, :context, 'tenant', :tenant_id, done.changes) end as audited
  from operator.tenant_change(:tenant, :tenant_id, :if_match, :body) as done
 where done.body is not null
