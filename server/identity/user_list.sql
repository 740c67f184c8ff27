--! GET /v1/users
--! who:   identity:read
--! query: status choice(INVITED|ACTIVE|DISABLED) -- Only people in this status.
--! query: audience choice(STAFF|PARTNER|CUSTOMER) -- Only this sort of users.
--! query: email text(3..254) -- Only the person with this address.
--! reply: user.json
--! list:  yes
--! about: The people of the tenant, newest first; for somebody of a customer or partner those colleagues who reach nothing that he does not.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.user_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select l.user_id, row_number() over (order by l.user_id desc) as place, count(*) over () as total,
               identity.user_json(l) as body
          from (select * from identity.app_user u
                 where u.tenant_id = :tenant
                   and u.user_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and identity.user_is_reached(:tenant, :reach, u)
--? status: and u.status = :status
--? audience: and u.audience = :audience
--? email: and u.email = identity.email_normal(:email)
                 order by u.user_id desc
                 limit :limit + 1) l) p
