--! internal
--! about: Gives the tenant that was just made its roles and answers its document; its unit is that tenant's.
select operator.tenant_document(t) as body, '/v1/operator/tenants/' || t.id as location, identity.api_roles_open(:tenant) as roles
  from identity.v_tenant t
 where t.id = :tenant
