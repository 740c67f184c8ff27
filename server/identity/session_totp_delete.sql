--! DELETE /v1/session/totp
--! who:   identity:self
--! reach: own
--! ok:    204
--! none:  404 identity/second_factor_none
--! error: 403 identity/second_factor_session
--! about: Takes the second factor away, in a session that was opened with it.
select '{}'::json as body
 where identity.totp_end(:tenant, :context)
