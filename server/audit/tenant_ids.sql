--! internal
--! about: Ids of all tenants, for the timers that go through them.
select audit.api_tenants() as body
