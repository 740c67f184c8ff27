--! internal
--! value: user_id uuid -- The person.
--! value: token_hash bytea -- What is stored of the link.
--! value: sealed bytea -- The link, sealed.
--! about: Invites a person by link; run by the owner with hansa.tenant_id set (hansa admin user create).
select u.body
  from identity.user_invite_again(:tenant, '{"actor_kind": "SYSTEM"}', :user_id, :token_hash, :sealed, null) u(body)
