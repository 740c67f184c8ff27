--! GET /v1/partners
--! who:   partners:read
--! query: state choice(CANDIDATE|QUALIFIED|ACTIVE|SUSPENDED|ENDED) -- Only relations in this state.
--! query: network_role choice(UPSTREAM|PEER|DOWNSTREAM|OWN) -- Only those that stand so in your network.
--! query: mode choice(SEA|RAIL|ROAD|AIR|MAIL|MULTIMODAL|INLAND_WATER) -- Only those that work in this mode.
--! query: lane_from text(2..13) -- Only those with a lane from here: a country, a UN/LOCODE, or a country and the beginning of a postcode (NL, NLRTM, NL-3011).
--! query: lane_to text(2..13) -- Only those with a lane to here; with lane_from, one lane from there to here.
--! reply: partner.json
--! list:  yes
--! about: Your relations, newest account first; with lane_from and lane_to: who serves this lane.
--! help:  A lane that says less than was asked for fits: one from a country serves each of its places.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.partner_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.partner_id, row_number() over (order by k.partner_id desc) as place, count(*) over () as total,
               partners.partner_document(k) as body
          from (select r.*
                  from partners.partner r
                 where r.tenant_id = :tenant and r.partner_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and ((:lane_from::text is null and :lane_to::text is null)
                        or partners.lane_serves(r.lanes, partners.lane_place(:lane_from, 'lane_from'), partners.lane_place(:lane_to, 'lane_to'), :mode))
--? reach: and r.partner_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? state: and r.state = :state
--? network_role: and r.network_role = :network_role
--? mode: and :mode = any (r.modes)
                 order by r.partner_id desc
                 limit :limit + 1) k) p
