--! internal
--! value: lease uuid -- Under which it was taken.
--! about: Gives back a job that was not begun.
select to_json(core.job_release(:job_id, :lease)) as body
