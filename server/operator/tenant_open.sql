--! internal
--! about: Gives the tenant that was just made its roles, its entry in the directory and what its sandbox is filled with, and answers its document; its unit is that tenant's.
select operator.tenant_document(t) as body, '/v1/operator/tenants/' || t.id as location, identity.api_roles_open(:tenant) as roles,
       partners.api_organisation_open(:tenant, t.name) as organisation, sandbox.api_settle(:tenant) as settled
  from identity.v_tenant t
 where t.id = :tenant
