--! internal
--! value: kinds jsonb -- {"room.name": seconds} of what is scheduled.
--! value: is_whole text -- "true": look for new tenants too.
--! about: Makes the jobs whose hour has come.
select to_json(core.schedule_tick(:kinds, :is_whole::boolean)) as body
