--! GET /v1/shipments/{shipment_id}/links
--! who:   tracking:read
--! path:  shipment_id uuid -- The shipment.
--! reply: link.json
--! list:  yes
--! none:  404 orders/shipment_not_found
--! about: The public links of a shipment, newest first, those that have ended too.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.link_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select l.link_id, row_number() over (order by l.link_id desc) as place, count(*) over () as total,
               json_build_object('link_id', l.link_id, 'shipment_id', l.shipment_id, 'hint', l.hint,
                                 'state', case when l.revoked_at is not null then 'REVOKED' when l.expires_at <= now() then 'EXPIRED'
                                               else 'LIVE' end,
                                 'created_at', core.rfc3339(l.created_at), 'expires_at', core.rfc3339(l.expires_at),
                                 'revoked_at', core.rfc3339(l.revoked_at), 'last_viewed_at', core.rfc3339(l.last_viewed_at),
                                 'view_count', l.view_count) as body
          from (select * from tracking.link k
                 where k.tenant_id = :tenant and k.shipment_id = :shipment_id
                   and k.link_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
                 order by k.link_id desc
                 limit 201 /* a number, so that the plan is made for a page */) l
         order by l.link_id desc
         limit :limit + 1) p
having exists (select from orders.v_shipment s where s.tenant_id = :tenant and s.shipment_id = :shipment_id
--? reach: and orders.api_is_reached(:tenant, :reach, s.shipment_id)
)
