--! GET /v1/shipments
--! who:   orders:read
--! query: status choice(PLANNED|BOOKED|PICKED_UP|IN_TRANSIT|CUSTOMS|AT_HUB|OUT_FOR_DELIVERY|READY_FOR_PICKUP|ATTEMPTED|RETURNING|DELIVERED|RETURNED|LOST|CANCELLED) -- Only shipments in this status.
--! query: customer_reference text(1..64) -- Only shipments with this reference of kind CUSTOMER; blanks, hyphens and case do not matter.
--! query: account_id uuid -- Only shipments of this customer.
--! query: planned_from date -- Only shipments planned to be delivered on this day or later, by the calendar of the destination.
--! query: planned_to date -- Only shipments planned to be delivered on this day or earlier.
--! reply: shipment_summary.json
--! list:  yes
--! about: Shipments, newest first.
--! help:  Filters may be combined; all of them must hold. A shipment made while you page stands before the first page and neither moves nor hides the others.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.shipment_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select page.shipment_id, page.place, count(*) over () as total,
               (select row_to_json(x)
                  from (select s.shipment_id, s.tracking_number, st.status, st.status_time, st.flags, st.part, st.eta,
                               st.last_event_time, s.customer, s.carrier_scac, s.mode, s.service, s."references", s.origin,
                               s.destination, s.planned_pickup, s.planned_delivery, s.source, s.created_at
                          from orders.v_shipment s
                          join tracking.v_shipment_status st on st.tenant_id = :tenant and st.shipment_id = s.shipment_id
                         where s.tenant_id = :tenant and s.shipment_id = page.shipment_id) x) as body
          from (select i.shipment_id, row_number() over (order by i.shipment_id desc) as place
                  from (select s.shipment_id
                          from orders.shipment s
--? status: join tracking.v_shipment_status f on f.tenant_id = :tenant and f.shipment_id = s.shipment_id and f.status = :status and f.shipment_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
--? customer_reference: join orders.shipment_number n on n.tenant_id = :tenant and n.shipment_id = s.shipment_id and n.kind = 'CUSTOMER' and n.number_key = orders.api_number_key(:customer_reference) and n.shipment_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
                         where s.tenant_id = :tenant
                           and s.shipment_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
--? reach: and s.shipment_id = any ((select orders.page_reached(:tenant, :reach, :after, :limit + 1, :status, :customer_reference, :account_id, :planned_from, :planned_to))::uuid[])
--? account_id: and s.account_id = :account_id
--? planned_from: and s.planned_delivery_date >= :planned_from
--? planned_to: and s.planned_delivery_date <= :planned_to
                         order by s.shipment_id desc
                         limit 201 /* a number, so that the plan is made for a page and not for a tenth of the table */) i
                 order by i.shipment_id desc
                 limit :limit + 1) page) p
