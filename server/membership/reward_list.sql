--! GET /v1/rewards
--! who:   membership:read
--! query: program_id uuid -- Only of this program.
--! reply: reward.json
--! list:  yes
--! about: Rewards, newest first; customers see those of the programs that one of their accounts is in.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.reward_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.reward_id, row_number() over (order by k.reward_id desc) as place, count(*) over () as total, membership.reward_document(k) as body
          from (select x.*
                  from membership.reward x
                 where x.tenant_id = :tenant and x.reward_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and membership.program_is_reached(:tenant, :reach, x.program_id)
--? program_id: and x.program_id = :program_id
                 order by x.reward_id desc
                 limit :limit + 1) k) p
