--! GET /v1/insight/snapshots/{snapshot_id}
--! who:   insight:read
--! path:  snapshot_id uuid -- The snapshot.
--! reply: snapshot.json
--! none:  404 insight/snapshot_not_found
--! about: One analysis as it was, with its cut-offs.
select insight.snapshot_document(s) as body
  from insight.snapshot s
 where s.tenant_id = :tenant and s.snapshot_id = :snapshot_id
--? reach: and insight.is_staff(:reach)
