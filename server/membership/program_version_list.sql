--! GET /v1/programs/{program_id}/versions
--! who:   membership:read
--! path:  program_id uuid -- The program.
--! reply: program_version.json
--! list:  yes
--! none:  404 membership/program_not_found
--! about: The terms of a program, each version as it was, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.version::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.version, row_number() over (order by k.version desc) as place, count(*) over () as total,
               json_build_object('version', k.version, 'made_at', core.rfc3339(k.made_at), 'made_by', k.made_by, 'terms', k.terms) as body
          from (select v.*
                  from membership.program_version v
                 where v.tenant_id = :tenant and v.program_id = :program_id and v.version < coalesce(:after::integer, 2147483647)
                 order by v.version desc
                 limit :limit + 1) k) p
having exists (select from membership.program g where g.tenant_id = :tenant and g.program_id = :program_id
--? reach: and membership.program_is_reached(:tenant, :reach, g.program_id)
)
