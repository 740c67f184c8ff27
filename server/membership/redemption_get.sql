--! GET /v1/redemptions/{redemption_id}
--! who:   membership:read
--! path:  redemption_id uuid -- The redemption.
--! reply: redemption.json
--! none:  404 membership/redemption_not_found
--! about: One redemption.
select membership.redemption_document(r) as body
  from membership.redemption r
 where r.tenant_id = :tenant and r.redemption_id = :redemption_id
--? reach: and exists (select from membership.member m where m.tenant_id = :tenant and m.member_id = r.member_id and crm.api_account_is_reached(:tenant, :reach, m.account_id))
