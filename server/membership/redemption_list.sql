--! GET /v1/redemptions
--! who:   membership:read
--! query: member_id uuid -- Only of this membership.
--! query: status choice(RESERVED|FULFILLED|CANCELLED) -- Only in this state.
--! reply: redemption.json
--! list:  yes
--! about: Redemptions of the members that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.redemption_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.redemption_id, row_number() over (order by k.redemption_id desc) as place, count(*) over () as total, membership.redemption_document(k) as body
          from (select x.*
                  from membership.redemption x
                 where x.tenant_id = :tenant and x.redemption_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = x.member_id and m.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[]))
--? member_id: and x.member_id = :member_id
--? status: and x.status = :status
                 order by x.redemption_id desc
                 limit :limit + 1) k) p
