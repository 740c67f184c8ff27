--! GET /v1/session
--! who:   identity:self
--! reach: own
--! value: csrf_token text -- Bound to the session.
--! reply: session.json
--! none:  401 core/unauthenticated
--! steps: csrf, unit, reply
--! about: The present session: whose it is, what it may do, when it ends, and the token for unsafe requests.
select identity.session_json(:tenant, (:context ->> 'session_id')::uuid, :csrf_token) as body
