--! GET /v1/members/{member_id}
--! who:   membership:read
--! path:  member_id uuid -- The membership.
--! reply: member.json
--! none:  404 membership/member_not_found
--! about: One membership, with its tier, why it has it and what it brings.
select membership.member_document(m) as body, m.version
  from membership.member m
 where m.tenant_id = :tenant and m.member_id = :member_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, m.account_id)
