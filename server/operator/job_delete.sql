--! DELETE /v1/operator/jobs/{job_id}
--! who:   operator:write
--! reach: operator
--! path:  job_id uuid -- The job.
--! ok:    204
--! none:  404 operator/job_not_found
--! null:  409 operator/job_not_dead
--! about: Forgets a dead job; its work is never done.
select done.body, case when done.body is not null then
           audit.api_note(:tenant, :context, 'job', :job_id, jsonb_build_object('deleted', done.body)) end as audited
  from operator.job_delete(:tenant, :job_id) as done
 where done.is_there
