--! internal
--! access: read
--! about: The live tenant of a slug, before any tenant is known.
select identity.tenant_by_slug(:body ->> 'tenant_slug', null, null) as tenant_id
