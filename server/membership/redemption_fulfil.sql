--! POST /v1/redemptions/{redemption_id}/fulfil
--! who:   membership:write
--! path:  redemption_id uuid -- The redemption.
--! body:  redemption_end.json
--! reply: redemption.json
--! ok:    200
--! none:  404 membership/redemption_not_found
--! null:  409 membership/redemption_ended
--! about: Says that a reward was handed over; its points are spent.
select done.body from membership.redemption_end(:tenant, :context, :reach, :redemption_id, 'FULFILLED', :body ->> 'note') as done (body)
