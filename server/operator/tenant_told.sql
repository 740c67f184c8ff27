--! internal
--! about: Puts what the operator changed of the unit's tenant on its own record, and answers its document.
select operator.tenant_document(t) as body, t.version, audit.api_note(:tenant, :context, 'tenant', :tenant, :body) as audited
  from identity.v_tenant t
 where t.id = :tenant
