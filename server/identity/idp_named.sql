--! internal
--! access: read
--! about: What a sign-in at a provider needs to begin; no row when there is none that is enabled.
select i.idp_id, i.issuer, i.client_id, array_to_string(i.scopes, ' ') as scopes
  from identity.idp i
 where i.tenant_id = :tenant and i.slug = :body ->> 'idp_slug' and i.is_enabled
