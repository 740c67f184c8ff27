--! internal
--! value: lease uuid -- Under which it was taken.
--! value: most integer(1..99) -- Tries of its kind.
--! value: error text -- What went wrong, without values.
--! about: Lets a job that failed wait, or gives it up.
select to_json(core.job_fail(:job_id, :lease, :most, :error)) as body
