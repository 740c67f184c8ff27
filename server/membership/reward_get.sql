--! GET /v1/rewards/{reward_id}
--! who:   membership:read
--! path:  reward_id uuid -- The reward.
--! reply: reward.json
--! none:  404 membership/reward_not_found
--! about: One reward, with what is left of it.
select membership.reward_document(r) as body, r.version
  from membership.reward r
 where r.tenant_id = :tenant and r.reward_id = :reward_id
--? reach: and membership.program_is_reached(:tenant, :reach, r.program_id)
