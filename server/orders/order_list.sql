--! GET /v1/orders
--! who:   orders:read
--! query: state choice(DRAFT|SUBMITTED|CREDIT_HOLD|CONFIRMED|IN_EXECUTION|DELIVERED|INVOICED|CLOSED|SHORT_CLOSED|REJECTED|CANCELLED) -- Only orders in this state.
--! query: account_id uuid -- Only orders of this customer.
--! query: reference text(1..64) -- Only orders with this number, their own or a reference; blanks, hyphens and case do not matter.
--! query: created_from time -- Only orders made at this time or later.
--! query: created_to time -- Only orders made before this time.
--! reply: order.json
--! list:  yes
--! about: Orders that you reach, newest first.
--! help:  Filters may be combined; all of them must hold.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.order_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.order_id, row_number() over (order by k.order_id desc) as place, count(*) over () as total,
               orders.order_document(:tenant, k) as body
          from (select o.*
                  from orders.order_ o
                 where o.tenant_id = :tenant and o.order_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and o.created_at >= coalesce(:created_from, '-infinity') and o.created_at < coalesce(:created_to, 'infinity')
--? reach: and o.account_id = any ((select orders.order_accounts(:tenant, :reach))::uuid[])
--? state: and o.state = :state
--? account_id: and o.account_id = :account_id
--? reference: and exists (select from orders.order_reference r where r.tenant_id = :tenant and r.number_key = orders.api_number_key(:reference) and r.order_id = o.order_id)
                 order by o.order_id desc
                 limit :limit + 1) k) p
