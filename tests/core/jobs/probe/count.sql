--! job
--! tries: 4
--! about: Notes that it ran; fails when the payload says so, sleeps as long as it says.
select probe.ran(:tenant, :job_id, 'probe.count', :payload, :context) as ran
