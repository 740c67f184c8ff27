--! job
--! every: 24 hours
--! lane:  slow
--! about: Counts the rows and bytes that a tenant keeps, for the list of what all use.
select operator.kept_count(:tenant) as counted
