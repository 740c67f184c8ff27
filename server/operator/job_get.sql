--! GET /v1/operator/jobs/{job_id}
--! who:   operator:read
--! reach: operator
--! path:  job_id uuid -- The job.
--! reply: job.json
--! none:  404 operator/job_not_found
--! about: One job of the queue.
--! help:  A job that has done its work is gone.
select k.body from operator.job(:tenant, :job_id) as k (body) where k.body is not null
