--! GET /v1/operator/usage
--! who:   operator:read
--! reach: operator
--! query: hour_from time -- Begin; without it 24 hours before the end.
--! query: hour_to time -- End; without it now.
--! query: status choice(ACTIVE|SUSPENDED) -- Only tenants in this state.
--! query: sort choice(requests|-requests|refused|-refused|bytes_out|-bytes_out|bytes_kept|-bytes_kept) = -requests -- Order; with - the most first.
--! reply: usage_row.json
--! list:  yes
--! error: 422 operator/span_wrong
--! lane:  slow
--! about: What every tenant used, in one list, those with the most requests first.
--! help:  Servers hand in their counts about once a minute. Rows and bytes are counted once a day (`counted_at`); those of one tenant now: GET /v1/operator/tenants/{tenant_id}/usage. All pages of a list look at the same hours.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.next) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.next, row_number() over (order by k.place) as place, count(*) over () as total, k.body
          from operator.usages(:tenant, :after, :limit + 1, :hour_from, :hour_to, :status, :sort) k) p
