--! GET /v1/alliances
--! who:   alliances:read
--! reach: tenant
--! query: member_state choice(INVITED|ACCEPTED|ACTIVE|SUSPENDED|LEFT|EXPELLED) -- Only those to which you stand so; INVITED: invitations that wait for you.
--! query: state choice(PROPOSED|INVITING|ACTIVE|SUSPENDED|WINDING_UP|DISSOLVED) -- Only those in this state.
--! reply: alliance.json
--! list:  yes
--! about: Alliances that you belong to, are invited to, or belonged to; newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.alliance_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.alliance_id, row_number() over (order by k.alliance_id desc) as place, count(*) over () as total,
               alliances.alliance_document(k, :tenant) as body
          from (select a.*
                  from alliances.member m
                  join alliances.alliance a on a.alliance_id = m.alliance_id
                 where m.member_tenant = :tenant and m.alliance_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? member_state: and m.state = :member_state
--? state: and a.state = :state
                 order by m.alliance_id desc
                 limit :limit + 1) k) p
