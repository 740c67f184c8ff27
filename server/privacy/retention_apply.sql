--! internal
--! lane:  slow
--! about: Deletes what is older than the tenant keeps it, a piece at a time.
select privacy.retention_apply(:tenant) as body
