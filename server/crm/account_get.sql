--! GET /v1/accounts/{account_id}
--! who:   crm:read
--! path:  account_id uuid -- The account.
--! reply: account.json
--! none:  404 crm/no_such_account
--! about: One account.
--! help:  The history of its credit and of everything else about it is the audit trail: GET /v1/audit?object_id=….
select crm.account_document(a) as body, a.version
  from crm.account a
 where a.tenant_id = :tenant and a.account_id = :account_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, a.account_id)
