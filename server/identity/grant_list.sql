--! GET /v1/users/{user_id}/grants
--! who:   identity:read
--! path:  user_id uuid -- The person.
--! reply: grant.json
--! list:  yes
--! none:  404 identity/user_not_found
--! about: The roles that a person holds, and how far each reaches.
--! help:  A person may do what all his roles together allow, over the widest reach that one of them gives.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.grant_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.grant_id, row_number() over (order by k.grant_id) as place, count(*) over () as total, identity.grant_document(k) as body
          from (select g.*
                  from identity.role_grant g
                 where g.tenant_id = :tenant and g.user_id = :user_id
                   and g.grant_id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
--? reach: and identity.reach_is_within(:tenant, :reach, identity.grant_reach(:tenant, g))
                 order by g.grant_id
                 limit :limit + 1) k) p
having exists (select from identity.app_user u where u.tenant_id = :tenant and u.user_id = :user_id)
