--! internal
--! about: Accepts an invitation, once.
select u.body
  from identity.invitation_use(:tenant, :context, decode(:body ->> 'token_hash', 'hex'), :body) u(body)
