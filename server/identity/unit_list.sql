--! GET /v1/units
--! who:   identity:read
--! reach: tenant
--! query: parent_id uuid -- Only units right below this one.
--! reply: unit.json
--! list:  yes
--! about: Units of the organisation, in the order in which they were made; parent_id makes a tree of them.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.unit_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.unit_id, row_number() over (order by k.unit_id) as place, count(*) over () as total, identity.unit_document(k) as body
          from (select u.*
                  from identity.org_unit u
                 where u.tenant_id = :tenant and u.unit_id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
--? parent_id: and u.parent_id = :parent_id
                 order by u.unit_id
                 limit :limit + 1) k) p
