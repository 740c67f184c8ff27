--! internal
--! about: Changes an address by link, once.
select u.body
  from identity.email_change_use(:tenant, :context, decode(:body ->> 'token_hash', 'hex')) u(body)
