--! job
--! lane:  slow
--! tries: 3
--! about: The same in the slow lane.
select probe.ran(:tenant, :job_id, 'probe.slow', :payload, :context) as ran
