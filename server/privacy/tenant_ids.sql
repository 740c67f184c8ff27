--! internal
--! about: Ids of all tenants, for the timer that applies retention.
select audit.api_tenants() as body
