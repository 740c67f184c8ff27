--! GET /v1/idps/{idp_id}
--! who:   identity:read
--! reach: tenant
--! path:  idp_id uuid -- The provider.
--! reply: idp.json
--! none:  404 identity/idp_not_found
--! about: One identity provider.
select identity.idp_document(i) as body, i.version
  from identity.idp i
 where i.tenant_id = :tenant and i.idp_id = :idp_id
