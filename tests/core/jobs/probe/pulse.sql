--! job
--! every: 2 seconds
--! about: Notes that its hour came.
select probe.ran(:tenant, :job_id, 'probe.pulse', :payload, :context) as ran
