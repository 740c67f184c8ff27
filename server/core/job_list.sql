--! GET /v1/jobs
--! who:   identity:read
--! reach: tenant
--! query: state choice(WAITING|RUNNING|DEAD) -- Only jobs in this state.
--! query: kind text(3..120) -- Only jobs of this kind.
--! reply: job.json
--! list:  yes
--! lane:  slow
--! about: Queued work of the tenant, newest first: what waits, runs or was given up.
--! help:  A job that has done its work is gone. One that is DEAD was tried too often; the operator of the platform can let it wait again.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.job_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.job_id, row_number() over (order by k.job_id desc) as place, count(*) over () as total, core.job_document(k) as body
          from (select j.*
                  from core.job j
                 where j.of_tenant = :tenant
                   and (:state is null or core.job_state(j) = :state)
                   and (:kind is null or j.kind = :kind)
--? after: and j.job_id < :after::uuid
                 order by j.job_id desc
                 limit :limit + 1) k) p
