--! internal
--! about: Makes a link for a new password if somebody signs in with the address; off the answer's path.
select m.body
  from identity.password_reset_make(:tenant, :context, :body ->> 'email', decode(:body ->> 'token_hash', 'hex'),
                                    decode(:body ->> 'sealed', 'hex')) m(body)
