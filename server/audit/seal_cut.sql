--! internal
--! lane:  slow
--! about: Seals the tenant's entries that are in no seal yet.
select audit.seal_cut(:tenant) as body
