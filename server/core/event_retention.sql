--! job
--! every: 24 hours
--! about: Forgets events that are older than 90 days; their changes stand in the audit.
select core.event_sweep(:tenant, 90) as swept
