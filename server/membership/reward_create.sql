--! POST /v1/rewards
--! who:   membership:terms
--! reach: tenant
--! body:  reward_create.json
--! reply: reward.json
--! ok:    201
--! error: 422 membership/program_unknown
--! error: 422 membership/merchant_unknown
--! error: 422 membership/tier_unknown
--! error: 422 membership/validity_reversed
--! about: Makes a reward of a program: its price in points, its stock, for whom and how long.
select made.body, '/v1/rewards/' || (made.body ->> 'reward_id') as location
  from membership.reward_create(:tenant, :actor, :context, :body) as made (body)
