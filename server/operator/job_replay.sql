--! POST /v1/operator/jobs/{job_id}/replay
--! who:   operator:write
--! reach: operator
--! path:  job_id uuid -- The job.
--! reply: job.json
--! ok:    200
--! none:  404 operator/job_not_found
--! null:  409 operator/job_not_dead
--! error: 409 operator/job_waits
--! about: Lets a dead job wait again, with all its tries.
select done.body, case when done.body is not null then
           audit.api_note(:tenant, :context, 'job', :job_id, '{"state": {"old": "DEAD", "new": "WAITING"}}') end as audited
  from operator.job_replay(:tenant, :job_id) as done
 where done.is_there
