--! POST /v1/users
--! who:   identity:write
--! reach: tenant
--! value: token_hash bytea -- What is stored of the link.
--! value: sealed bytea -- The link, sealed, for the outbox.
--! body:  user_create.json
--! reply: user.json
--! ok:    201
--! idempotency: accepted
--! error: 409 identity/email_taken
--! error: 422 identity/email_malformed
--! error: 422 identity/locale_malformed
--! steps: mint, unit, reply
--! about: Invites a person: an invitation link, good once and for seven days, goes to the address.
--! help:  Until there are notifications, `hansa admin link list` shows the links that are to be handed over. What the person may do is said by grants of roles.
select u.body, '/v1/users/' || (u.body ->> 'user_id') as location
  from identity.user_invite(:tenant, :context, :body, :token_hash, :sealed) u(body)
