--! POST /v1/users/{user_id}/invitations
--! who:   identity:write
--! path:  user_id uuid -- A person who has not accepted yet.
--! value: token_hash bytea -- What is stored of the link.
--! value: sealed bytea -- The link, sealed, for the outbox.
--! reply: user.json
--! ok:    200
--! idempotency: accepted
--! none:  404 identity/user_not_found
--! error: 403 identity/owner_protected
--! error: 409 identity/user_not_invited
--! steps: mint, unit, reply
--! about: Invites a person once more; the link before is worth nothing from then on.
select u.body
  from identity.user_invite_again(:tenant, :context, :user_id, :token_hash, :sealed, :reach) u(body)
