--! GET /v1/edi/partners
--! who:   exchange:read
--! reach: tenant
--! query: sender text(1..40) -- Only profiles of this sender, qualifier and id as in 02:HXFL.
--! reply: edi_partner.json
--! list:  yes
--! about: Profiles of those with whom you exchange EDI, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.edi_partner_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.edi_partner_id, row_number() over (order by k.edi_partner_id desc) as place, count(*) over () as total,
               exchange.edi_partner_document(k) as body
          from (select r.*
                  from exchange.edi_partner r
                 where r.tenant_id = :tenant and r.edi_partner_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? sender: and r.sender = :sender
                 order by r.edi_partner_id desc
                 limit :limit + 1) k) p
