--! POST /v1/operator/tenants/{tenant_id}/users
--! who:   operator:write
--! reach: operator
--! path:  tenant_id uuid -- The tenant.
--! value: token_hash bytea -- What is stored of the link.
--! value: sealed bytea -- The link, sealed, for the outbox.
--! body:  tenant_user_create.json
--! reply: user.json
--! ok:    201
--! idempotency: accepted
--! error: 404 operator/tenant_not_found
--! error: 409 identity/tenant_inhabited
--! error: 409 identity/email_taken
--! error: 422 identity/email_malformed
--! error: 422 identity/locale_malformed
--! steps: find, mint, unit, note, reply
--! about: Invites the first owner of a tenant, which nobody has come into yet: an invitation link, good once and for seven days.
--! help:  Until there are notifications, `hansa admin link list` shows the links that are to be handed over. The same address again gets a new link, and the one before is worth nothing. Once somebody of the tenant has accepted, or one of its keys was used, its people invite one another, and this answers 409.
select u.body
  from identity.first_user_invite(:tenant, :context, :body, :token_hash, :sealed) as u (body)
