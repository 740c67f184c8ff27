--! GET /v1/offers
--! who:   alliances:read
--! query: state choice(OFFERED|COUNTERED|ACCEPTED|DECLINED|EXPIRED|WITHDRAWN|GONE|AWARDED) -- Only offers in this state.
--! reply: offer_summary.json
--! list:  yes
--! about: Legs that were offered to you, or by you to partners outside, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.offer_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.offer_id, row_number() over (order by k.offer_id desc) as place, count(*) over () as total, alliances.offer_summary(k) as body
          from (select o.*
                  from alliances.offer o
                 where o.tenant_id = :tenant and o.offer_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and o.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? state: and o.state = :state
                 order by o.offer_id desc
                 limit :limit + 1) k) p
