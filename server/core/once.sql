--! internal
--! lane:  any
--! value: route text -- Method and path template.
--! value: key text -- The Idempotency-Key.
--! value: request_hash bytea -- SHA-256 of path, query and body.
--! value: statement text -- The prepared statement of the endpoint.
--! value: arguments jsonb -- Its values, an array of texts and nulls.
--! value: is_secret text -- yes: the answer is not kept.
--! about: Runs an endpoint's statement once for an Idempotency-Key, or answers what it answered the first time.
select o.outcome, o.is_replay, o.body, o.columns
  from core.once(:tenant, :actor, :route, :key, :request_hash, :statement, :arguments, :is_secret = 'yes') o
