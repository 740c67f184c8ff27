--! internal
--! value: batch jsonb -- [{"tenant", "hour", "requests", "refused", "bytes_out"}, …]; hour is a time within it, or absent for this hour.
--! about: Adds what a server counted since the last time; of no tenant, off every answer's path.
select json_build_object('noted', operator.usage_note(:batch)) as body
