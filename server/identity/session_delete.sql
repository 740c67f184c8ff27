--! DELETE /v1/session
--! who:   identity:self
--! reach: own
--! ok:    204
--! steps: forget, unit, reply
--! about: Signs out: ends the present session.
select audit.api_note(:tenant, :context, 'session', (:context ->> 'session_id')::uuid, '{"state": {"old": "OPEN", "new": "LOGOUT"}}') as audited
 where identity.session_end(:tenant, :actor, 'LOGOUT', (:context ->> 'session_id')::uuid) > 0
