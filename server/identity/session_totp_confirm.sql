--! POST /v1/session/totp/confirm
--! who:   identity:self
--! reach: own
--! idempotency: own -- a key would keep a hash of the password or the code
--! body:  session_totp_confirm.json
--! reply: recovery_codes.json
--! error: 409 identity/second_factor_not_begun
--! error: 422 identity/code_refused
--! error: 429 identity/login_throttled
--! steps: ask, check, unit, answer
--! about: Confirms the second factor with a code; from then on sign-ins need one. Answers recovery codes, told once; other sessions end.
select '{}'::json as body
 where identity.totp_confirm(:tenant, :context, :body)
