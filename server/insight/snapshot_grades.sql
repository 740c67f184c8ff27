--! GET /v1/insight/snapshots/{snapshot_id}/accounts
--! who:   insight:read
--! path:  snapshot_id uuid -- The snapshot.
--! query: account_id uuid -- Only this account.
--! reply: snapshot_grade.json
--! list:  yes
--! lane:  slow
--! none:  404 insight/snapshot_not_found
--! about: What accounts were in an analysis, most valuable first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(concat(p.value, '|', p.account_id)) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.value, k.account_id, row_number() over (order by k.value desc, k.account_id desc) as place, count(*) over () as total,
               insight.grade_document(:tenant, k) as body
          from (select g.*
                  from insight.grade g
                 where g.tenant_id = :tenant and g.snapshot_id = :snapshot_id
                   and (g.value, g.account_id) < (coalesce(split_part(:after, '|', 1)::numeric, 'infinity'::numeric), coalesce(split_part(:after, '|', 2)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
--? reach: and g.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? account_id: and g.account_id = :account_id
                 order by g.value desc, g.account_id desc
                 limit :limit + 1) k) p
having exists (select from insight.snapshot s where s.tenant_id = :tenant and s.snapshot_id = :snapshot_id
--? reach: and insight.is_staff(:reach)
)
