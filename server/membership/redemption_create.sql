--! POST /v1/redemptions
--! who:   membership:redeem
--! body:  redemption_create.json
--! reply: redemption.json
--! ok:    201
--! idempotency: required
--! error: 422 membership/member_unknown
--! error: 422 membership/reward_unknown
--! error: 409 membership/reward_not_valid
--! error: 409 membership/reward_of_other_tier
--! error: 409 membership/member_not_active
--! error: 409 membership/points_short
--! error: 409 membership/out_of_stock
--! about: Takes a reward: its points and its stock are set aside.
--! help:  Points go first-expiring first. Points that are set aside do not expire.
select made.body, '/v1/redemptions/' || (made.body ->> 'redemption_id') as location
  from membership.redemption_create(:tenant, :actor, :context, :reach, :body) as made (body)
