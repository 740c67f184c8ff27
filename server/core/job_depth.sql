--! internal
--! access: read
--! lane:  slow
--! about: Jobs by kind and state, for the metrics.
select core.job_depth() as body
