--! internal
--! value: slug text -- Short name: lower-case letters, digits and hyphens.
--! value: name text -- What people call the tenant.
--! value: zone text -- IANA zone, or null for UTC.
--! value: locale text -- Such as en or zh-CN, or null for en.
--! about: Makes a tenant; run by the owner (hansa admin tenant create).
insert into identity.tenant (id, slug, name, zone, locale)
values (core.uuidv7(), :slug, :name, coalesce(:zone, 'UTC'), coalesce(:locale, 'en'))
returning json_build_object('id', id, 'slug', slug, 'name', name, 'zone', zone, 'locale', locale, 'status', status) as body
