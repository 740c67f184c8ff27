--! GET /v1/alliances/{alliance_id}/charters
--! who:   alliances:read
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! reply: charter.json
--! list:  yes
--! none:  404 alliances/alliance_not_found
--! about: Versions of a charter that you may read, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.charter_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.charter_id, row_number() over (order by k.charter_id desc) as place, count(*) over () as total,
               alliances.charter_document(k, :tenant) as body
          from (select c.*
                  from alliances.charter c
                 where c.alliance_id = :alliance_id and c.charter_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and alliances.charter_is_open_to(c, :tenant)
                 order by c.charter_id desc
                 limit :limit + 1) k) p
having exists (select from alliances.member t where t.alliance_id = :alliance_id and t.member_tenant = :tenant)
