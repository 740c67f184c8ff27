--! internal
--! about: Sets a new password by link, once.
select u.body
  from identity.password_reset_use(:tenant, :context, decode(:body ->> 'token_hash', 'hex'), :body) u(body)
