--! DELETE /v1/sessions/{session_id}
--! who:   identity:self
--! reach: own
--! path:  session_id uuid -- One of one's own sessions.
--! ok:    204
--! none:  404 identity/session_not_found
--! about: Ends one of one's own sessions, wherever it is open.
select audit.api_note(:tenant, :context, 'session', :session_id, '{"state": {"old": "OPEN", "new": "REVOKED"}}') as audited
 where identity.session_end(:tenant, :actor, 'REVOKED', :session_id) > 0
