--! GET /v1/exceptions
--! who:   tracking:read
--! query: state choice(OPEN|ACKNOWLEDGED|IN_ACTION|RESOLVED|ACCEPTED) -- Only exceptions in this state.
--! query: shipment_id uuid -- Only those of this shipment.
--! query: owner_id uuid -- Only those that this person looks after.
--! query: code choice(DLY|DMG|RFS|LST|ATT|MIS|CSI|OTH) -- Only those of this kind.
--! query: severity choice(LOW|MEDIUM|HIGH) -- Only those as bad as this.
--! reply: exception.json
--! list:  yes
--! about: Exceptions of the shipments that you reach, newest first.
--! help:  Filters may be combined; all of them must hold.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.exception_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.exception_id, row_number() over (order by k.exception_id desc) as place, count(*) over () as total,
               tracking.exception_document(:tenant, k) as body
          from (select x.*
                  from tracking.exception x
                 where x.tenant_id = :tenant and x.exception_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and x.code = coalesce(:code, x.code) and x.severity = coalesce(:severity, x.severity)
--? reach: and orders.api_part_is_reached(:tenant, :reach, x.shipment_id, x.leg_id)
--? state: and x.state = :state
--? shipment_id: and x.shipment_id = :shipment_id
--? owner_id: and x.owner_id = :owner_id
                 order by x.exception_id desc
                 limit :limit + 1) k) p
