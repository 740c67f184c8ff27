--! GET /v1/interactions/{interaction_id}
--! who:   crm:read
--! path:  interaction_id uuid -- The interaction.
--! reply: interaction.json
--! none:  404 crm/interaction_not_found
--! about: One touch with an account.
select crm.interaction_document(i) as body
  from crm.interaction i
 where i.tenant_id = :tenant and i.interaction_id = :interaction_id
--? reach: and not crm.is_outsider(:reach) and crm.api_account_is_reached(:tenant, :reach, i.account_id)
