--! GET /v1/shipments/{shipment_id}/proof-of-delivery
--! who:   tracking:read
--! path:  shipment_id uuid -- The shipment.
--! reply: proof.json
--! list:  yes
--! none:  404 orders/shipment_not_found
--! about: The proofs of delivery of a shipment, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.proof_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.proof_id, row_number() over (order by k.proof_id desc) as place, count(*) over () as total,
               tracking.proof_document(:tenant, k) as body
          from (select o.*
                  from tracking.proof_of_delivery o
                 where o.tenant_id = :tenant and o.shipment_id = :shipment_id
                   and o.proof_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                 order by o.proof_id desc
                 limit 201 /* a number, so that the plan is made for a page */) k
         order by k.proof_id desc
         limit :limit + 1) p
having exists (select from orders.v_shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_is_reached(:tenant, :reach, s.shipment_id)
)
