--! GET /v1/tenders
--! who:   alliances:read
--! query: state choice(DRAFT|OFFERED|AWARDED|EXPIRED|WITHDRAWN) -- Only tenders in this state.
--! query: leg_id uuid -- Only tenders of this leg.
--! query: shipment_id uuid -- Only tenders of legs of this shipment.
--! reply: tender_summary.json
--! list:  yes
--! about: Tenders of your legs, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.tender_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.tender_id, row_number() over (order by k.tender_id desc) as place, count(*) over () as total, alliances.tender_summary(k) as body
          from (select t.*
                  from alliances.tender t
                 where t.tenant_id = :tenant and t.tender_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and alliances.tender_is_reached(:tenant, :reach, t.shipment_id)
--? state: and t.state = :state
--? leg_id: and t.leg_id = :leg_id
--? shipment_id: and t.shipment_id = :shipment_id
                 order by t.tender_id desc
                 limit :limit + 1) k) p
