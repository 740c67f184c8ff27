--! GET /v1/programs
--! who:   membership:read
--! reply: program.json
--! list:  yes
--! about: Programs, newest first; customers see those that one of their accounts is in.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.program_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.program_id, row_number() over (order by k.program_id desc) as place, count(*) over () as total, membership.program_document(k) as body
          from (select x.*
                  from membership.program x
                 where x.tenant_id = :tenant and x.program_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and membership.program_is_reached(:tenant, :reach, x.program_id)
                 order by x.program_id desc
                 limit :limit + 1) k) p
