--! GET /v1/members/{member_id}/points
--! who:   membership:read
--! path:  member_id uuid -- The membership.
--! reply: points.json
--! none:  404 membership/member_not_found
--! about: Statement of account: balance, lots with points left, the newest movements with their reasons.
--! help:  The balance is the sum of the lots. All movements: /v1/members/{member_id}/points/transactions.
select membership.points_document(:tenant, m) as body
  from membership.member m
 where m.tenant_id = :tenant and m.member_id = :member_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, m.account_id)
