--! POST /v1/members/{member_id}/tier-changes
--! who:   membership:write
--! path:  member_id uuid -- The membership.
--! body:  tier_propose.json
--! reply: tier_change.json
--! ok:    201
--! none:  404 membership/member_not_found
--! error: 422 membership/tier_unknown
--! error: 409 membership/tier_held
--! error: 409 membership/tier_change_waits
--! about: Proposes a tier by hand, with the reason MANUAL_VIP.
--! help:  Proposals by numbers come from the nightly analysis. Who was made a VIP by hand is left alone by them.
select made.body, '/v1/tier-changes/' || (made.body ->> 'tier_change_id') as location
  from membership.tier_propose(:tenant, :context, :reach, :member_id, :body) as made (body)
 where made.body is not null
