--! GET /v1/members/{member_id}/points/transactions
--! who:   membership:read
--! path:  member_id uuid -- The membership.
--! reply: points_transaction.json
--! list:  yes
--! none:  404 membership/member_not_found
--! about: Movements of a member's points, newest first, each with its reason and its lots.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.transaction_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.transaction_id, row_number() over (order by k.transaction_id desc) as place, count(*) over () as total, membership.transaction_document(:tenant, k.transaction_id) as body
          from (select x.*
                  from membership.points_transaction x
                 where x.tenant_id = :tenant and x.transaction_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and x.member_id = :member_id
                 order by x.transaction_id desc
                 limit :limit + 1) k) p
having exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = :member_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, m.account_id)
)
