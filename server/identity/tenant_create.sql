--! internal
--! value: slug text -- Short name: lower-case letters, digits and hyphens.
--! value: name text -- What people call the tenant.
--! value: zone text -- IANA zone, or null for UTC.
--! value: locale text -- Such as en or zh-CN, or null for en.
--! about: Makes a tenant, whose id is the unit's tenant, with its roles and its sandbox; run by the owner (hansa admin tenant create).
select json_build_object('id', m.id, 'slug', m.slug, 'name', m.name, 'zone', m.zone, 'locale', m.locale, 'status', m.status) as body,
       identity.api_roles_open(m.id) as roles,
       partners.api_organisation_open(m.id, m.name) as organisation, sandbox.api_settle(m.id) as settled,
       audit.api_note(m.id, '{"actor_kind": "SYSTEM", "endpoint": "hansa admin tenant create"}', 'tenant', m.id,
                      jsonb_build_object('slug', m.slug, 'name', m.name)) as audited
  from identity.tenant_make(:tenant, :slug, :name, :zone, :locale) m
