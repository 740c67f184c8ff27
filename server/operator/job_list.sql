--! GET /v1/operator/jobs
--! who:   operator:read
--! reach: operator
--! query: kind text(3..120) -- Only jobs of this kind.
--! query: state choice(WAITING|RUNNING|DEAD) -- Only jobs in this state.
--! query: of_tenant uuid -- Only jobs of this tenant.
--! reply: job.json
--! list:  yes
--! about: Jobs of the queue, newest first: what waits, runs or was given up.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.job_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.job_id, row_number() over (order by k.job_id desc) as place, count(*) over () as total, k.body
          from operator.jobs(:tenant, :after::uuid, :limit + 1, :kind, :state, :of_tenant) k) p
