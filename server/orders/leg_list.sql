--! GET /v1/shipments/{shipment_id}/legs
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! reply: leg.json
--! list:  yes
--! none:  404 orders/shipment_not_found
--! about: The legs of a shipment, in their order.
--! help:  A partner sees the legs that it carries; what a leg costs is shown to the house and to its carrier.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.seq::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.seq, row_number() over (order by k.seq) as place, count(*) over () as total, orders.leg_document(k) as body
          from (select o.*
                  from orders.leg o
                 where o.tenant_id = :tenant and o.shipment_id = :shipment_id and o.seq > coalesce(:after::smallint, 0)
--? reach: and orders.leg_is_reached(:tenant, :reach, o)
                 order by o.seq
                 limit 201 /* a number, so that the plan is made for a page */) k
         order by k.seq
         limit :limit + 1) p
having exists (select from orders.shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_any_leg_is_reached(:tenant, :reach, s.shipment_id)
)
