--! GET /v1/operator/tenants
--! who:   operator:read
--! reach: operator
--! query: status choice(ACTIVE|SUSPENDED) -- Only tenants in this state.
--! reply: tenant.json
--! list:  yes
--! about: Tenants of the platform, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.tenant_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.tenant_id, row_number() over (order by k.tenant_id desc) as place, count(*) over () as total, k.body
          from operator.tenants(:tenant, :after::uuid, :limit + 1, :status) k) p
