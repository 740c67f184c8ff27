--! GET /v1/roles
--! who:   identity:read
--! reach: tenant
--! query: audience choice(STAFF|PARTNER|CUSTOMER) -- Only roles for these people.
--! reply: role.json
--! list:  yes
--! about: Roles, by their short names: the built-in ones and your own.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.role) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.role, row_number() over (order by k.role) as place, count(*) over () as total, identity.role_document(k) as body
          from (select r.*
                  from identity.role r
                 where r.tenant_id = :tenant and r.role > coalesce(:after, '')
--? audience: and r.audience = :audience
                 order by r.role
                 limit :limit + 1) k) p
