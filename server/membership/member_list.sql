--! GET /v1/members
--! who:   membership:read
--! query: account_id uuid -- Only of this account.
--! query: program_id uuid -- Only in this program.
--! query: status choice(PROSPECT|ENROLLED|ACTIVE|GRACE|LAPSED) -- Only in this state.
--! reply: member.json
--! list:  yes
--! about: Memberships of the accounts that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.member_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.member_id, row_number() over (order by k.member_id desc) as place, count(*) over () as total, membership.member_document(k) as body
          from (select x.*
                  from membership.member x
                 where x.tenant_id = :tenant and x.member_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and x.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? account_id: and x.account_id = :account_id
--? program_id: and x.program_id = :program_id
--? status: and x.status = :status
                 order by x.member_id desc
                 limit :limit + 1) k) p
