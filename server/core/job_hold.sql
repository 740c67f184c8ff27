--! internal
--! value: jobs jsonb -- [{"job_id", "lease"}, …]
--! value: lease_s integer(1..3600) -- Seconds of the lease.
--! about: Holds on to jobs that are at work.
select to_json(core.job_hold(:jobs, :lease_s)) as body
