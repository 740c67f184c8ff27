--! internal
--! value: slug text(1..40) -- The tenant's short name; null = all.
--! lane:  slow
--! about: Tenants by their short name, for hansa admin audit verify.
select coalesce(json_agg(json_build_object('id', t.id, 'slug', t.slug, 'is_old', audit.is_old(t.id)) order by t.slug), '[]'::json) as body
  from identity.v_tenant t
 where :slug::text is null or t.slug = :slug
