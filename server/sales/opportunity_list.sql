--! GET /v1/opportunities
--! who:   sales:read
--! query: stage choice(NEW|QUALIFIED|SOLUTION|QUOTED|NEGOTIATION|WON|LOST) -- Only opportunities in this stage.
--! query: account_id uuid -- Only opportunities at this account.
--! query: owner_id uuid -- Only opportunities that this person follows.
--! query: close_until date -- Only opportunities expected to be decided on this day or earlier.
--! reply: opportunity.json
--! list:  yes
--! about: Opportunities at the accounts that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.opportunity_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.opportunity_id, row_number() over (order by k.opportunity_id desc) as place, count(*) over () as total,
               sales.opportunity_document(k) as body
          from (select o.*
                  from sales.opportunity o
                 where o.tenant_id = :tenant and o.opportunity_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and sales.is_staff(:reach) and o.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? stage: and o.stage = :stage
--? account_id: and o.account_id = :account_id
--? owner_id: and o.owner_id = :owner_id
--? close_until: and o.close_date <= :close_until
                 order by o.opportunity_id desc
                 limit :limit + 1) k) p
