--! GET /v1/tier-changes/{tier_change_id}
--! who:   membership:read
--! path:  tier_change_id uuid -- The change.
--! reply: tier_change.json
--! none:  404 membership/tier_change_not_found
--! about: One change of tier, with the numbers behind it.
select membership.tier_change_document(c) as body
  from membership.tier_change c
 where c.tenant_id = :tenant and c.tier_change_id = :tier_change_id
--? reach: and exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = c.member_id and crm.api_account_is_reached(:tenant, :reach, m.account_id)) and membership.tier_change_is_told(:reach, c.state)
