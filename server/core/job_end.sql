--! internal
--! lane:  any
--! value: lease uuid -- Under which it was taken.
--! about: Removes a job whose effect stands in the same transaction.
select to_json(core.job_end(:job_id, :lease)) as body
