--! GET /v1/alliances/{alliance_id}/members
--! who:   alliances:read
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! reply: member.json
--! list:  yes
--! none:  404 alliances/alliance_not_found
--! about: Members of an alliance; to who does not belong to it, its own membership only.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.org_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.org_id, row_number() over (order by k.org_id desc) as place, count(*) over () as total, alliances.member_document(k) as body
          from (select m.*
                  from alliances.member m
                 where m.alliance_id = :alliance_id and m.org_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and (m.member_tenant = :tenant or alliances.is_inside(alliances.standing(:alliance_id)))
                 order by m.org_id desc
                 limit :limit + 1) k) p
having exists (select from alliances.member t where t.alliance_id = :alliance_id and t.member_tenant = :tenant)
