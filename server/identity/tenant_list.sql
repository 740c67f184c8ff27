--! internal
--! about: All tenants but the operator's own and sandboxes; run by the owner (hansa admin tenant list).
select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'zone', zone, 'locale', locale, 'status', status,
                                           'created_at', core.rfc3339(created_at)) order by slug), '[]'::json) as body
  from identity.tenant
 where not is_operator and sandbox_of is null
