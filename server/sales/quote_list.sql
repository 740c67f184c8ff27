--! GET /v1/quotes
--! who:   sales:read
--! query: status choice(DRAFT|SENT|VIEWED|ACCEPTED|REJECTED|EXPIRED|CONVERTED) -- Only quotes in this status.
--! query: account_id uuid -- Only quotes for this account.
--! query: opportunity_id uuid -- Only quotes of this opportunity.
--! reply: quote.json
--! list:  yes
--! about: Quotes that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.quote_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.quote_id, row_number() over (order by k.quote_id desc) as place, count(*) over () as total,
               sales.quote_document(k) as body
          from (select q.*
                  from sales.quote q
                 where q.tenant_id = :tenant and q.quote_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and q.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[]) and sales.quote_is_reached(:reach, q)
--? status: and q.status = :status
--? account_id: and q.account_id = :account_id
--? opportunity_id: and q.opportunity_id = :opportunity_id
                 order by q.quote_id desc
                 limit :limit + 1) k) p
