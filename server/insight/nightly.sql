--! job
--! every: 24 hours
--! lane:  slow
--! about: Makes the snapshots of a night, from which tiers are proposed.
select insight.nightly(:tenant) as count
