--! GET /v1/shipments/{shipment_id}/consignments
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! reply: consignment.json
--! list:  yes
--! none:  404 orders/shipment_not_found
--! about: The contracts of carriage of a shipment, oldest first.
--! help:  A partner sees its own.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.consignment_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.consignment_id, row_number() over (order by k.consignment_id) as place, count(*) over () as total, orders.consignment_document(:tenant, k) as body
          from (select o.*
                  from orders.consignment o
                 where o.tenant_id = :tenant and o.shipment_id = :shipment_id and o.consignment_id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
--? reach: and orders.consignment_is_reached(:tenant, :reach, o)
                 order by o.consignment_id
                 limit 201 /* a number, so that the plan is made for a page */) k
         order by k.consignment_id
         limit :limit + 1) p
having exists (select from orders.shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_any_leg_is_reached(:tenant, :reach, s.shipment_id)
)
