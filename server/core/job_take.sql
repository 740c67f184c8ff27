--! internal
--! lane:  any
--! value: kinds jsonb -- {"room.name": tries} of what may be taken now.
--! value: last_tenant uuid -- The round goes on behind this tenant.
--! value: most integer(1..64) -- How many at most.
--! value: lease_s integer(1..3600) -- Seconds of the lease.
--! value: is_idle text -- "true": the worker does nothing else.
--! about: Leases due jobs of all tenants.
select core.job_take(:kinds, :last_tenant, :most, :lease_s, :is_idle::boolean) as body
