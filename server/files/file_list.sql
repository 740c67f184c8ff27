--! GET /v1/files
--! who:   files:read
--! query: shipment_id uuid -- Only files of this shipment.
--! query: kind choice(POD|SIGNATURE|DAMAGE|WAYBILL|INVOICE|CUSTOMS|CONTRACT|OTHER) -- Only files of this kind.
--! reply: file.json
--! list:  yes
--! about: Files that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.file_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.file_id, row_number() over (order by k.file_id desc) as place, count(*) over () as total, files.file_document(k) as body
          from (select f.*
                  from files.file f
                 where f.tenant_id = :tenant and f.file_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? shipment_id: and f.shipment_id = :shipment_id
--? kind: and f.kind = :kind
--? reach: and f.file_id = any ((select files.page_reached(:tenant, :actor, :reach, :after, :limit + 1, :shipment_id))::uuid[])
                 order by f.file_id desc
                 limit :limit + 1) k) p
