--! GET /v1/contacts/{contact_id}
--! who:   crm:read
--! path:  contact_id uuid -- The contact.
--! reply: contact.json
--! none:  404 crm/contact_not_found
--! about: One contact.
select crm.contact_document(c) as body, c.version
  from crm.contact c
 where c.tenant_id = :tenant and c.contact_id = :contact_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, c.account_id)
