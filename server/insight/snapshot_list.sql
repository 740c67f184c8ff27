--! GET /v1/insight/snapshots
--! who:   insight:read
--! query: basis choice(ORDERS|SHIPMENTS) -- Only of orders, or of shipments.
--! query: cause choice(NIGHTLY|ASKED) -- Only those of the nights, or those asked for.
--! reply: snapshot.json
--! list:  yes
--! about: Analyses that were kept, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.snapshot_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.snapshot_id, row_number() over (order by k.snapshot_id desc) as place, count(*) over () as total, insight.snapshot_document(k) as body
          from (select x.*
                  from insight.snapshot x
                 where x.tenant_id = :tenant and x.snapshot_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and insight.is_staff(:reach)
--? basis: and x.basis = :basis
--? cause: and x.cause = :cause
                 order by x.snapshot_id desc
                 limit :limit + 1) k) p
