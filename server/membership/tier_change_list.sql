--! GET /v1/tier-changes
--! who:   membership:read
--! query: member_id uuid -- Only of this membership.
--! query: state choice(PROPOSED|CONFIRMED|REJECTED|SUPERSEDED) -- Only in this state.
--! reply: tier_change.json
--! list:  yes
--! about: Changes of tiers of the members that you reach, newest first.
--! help:  People of customers see those that are confirmed; what was proposed, and what became of it, is the firm's.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.tier_change_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.tier_change_id, row_number() over (order by k.tier_change_id desc) as place, count(*) over () as total, membership.tier_change_document(k) as body
          from (select x.*
                  from membership.tier_change x
                 where x.tenant_id = :tenant and x.tier_change_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = x.member_id and m.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])) and membership.tier_change_is_told(:reach, x.state)
--? member_id: and x.member_id = :member_id
--? state: and x.state = :state
                 order by x.tier_change_id desc
                 limit :limit + 1) k) p
