--! job
--! about: Proposes tiers from an analysis that was kept.
select membership.tiers_proposed(:tenant, '{}', (:payload ->> 'object_id')::uuid) as count
