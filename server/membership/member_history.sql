--! GET /v1/members/{member_id}/history
--! who:   membership:read
--! path:  member_id uuid -- The membership.
--! reply: member_step.json
--! list:  yes
--! none:  404 membership/member_not_found
--! about: How a membership came from state to state, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.step_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.step_id, row_number() over (order by k.step_id desc) as place, count(*) over () as total, json_build_object('step_id', k.step_id, 'old_status', k.old_status, 'new_status', k.new_status, 'reason', k.reason, 'at', core.rfc3339(k.at), 'by', k.by_actor) as body
          from (select x.*
                  from membership.member_step x
                 where x.tenant_id = :tenant and x.step_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and x.member_id = :member_id
                 order by x.step_id desc
                 limit :limit + 1) k) p
having exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = :member_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, m.account_id)
)
