--! GET /v1/audit/{entry_id}
--! who:   audit:read
--! reach: tenant
--! path:  entry_id uuid -- The entry's id.
--! reply: entry.json
--! none:  404 audit/entry_not_found
--! about: One entry of the audit trail.
select v.body
  from audit.v_entry v
 where v.tenant_id = :tenant and v.entry_id = :entry_id
