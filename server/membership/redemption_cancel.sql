--! POST /v1/redemptions/{redemption_id}/cancel
--! who:   membership:redeem
--! path:  redemption_id uuid -- The redemption.
--! body:  redemption_end.json
--! reply: redemption.json
--! ok:    200
--! none:  404 membership/redemption_not_found
--! null:  409 membership/redemption_ended
--! about: Gives a reserved reward back, its points and its stock; points whose time ran out meanwhile expire.
select done.body from membership.redemption_end(:tenant, :context, :reach, :redemption_id, 'CANCELLED', :body ->> 'note') as done (body)
