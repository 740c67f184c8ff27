--! POST /v1/session/email
--! who:   identity:self
--! reach: own
--! idempotency: own -- a key would keep a hash of the password or the code
--! value: email text -- The address wanted.
--! value: token_hash bytea -- What is stored of the link.
--! value: sealed bytea -- The link, sealed.
--! value: subject bytea -- Under what the try was counted.
--! body:  session_email.json
--! reply: link_sent.json
--! ok:    202
--! none:  403 identity/password_wrong
--! error: 429 identity/login_throttled
--! steps: ask, check, mint, unit, reply
--! about: Asks for another address to sign in with; a link goes to the new address, and nothing changes until it is used.
select json_build_object('expires_in_minutes', 1440) as body
 where identity.email_change_make(:tenant, :context, :email, :token_hash, :sealed, :subject)
