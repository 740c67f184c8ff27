--! PATCH /v1/exceptions/{exception_id}
--! who:   orders:write
--! path:  exception_id uuid -- The exception.
--! body:  merge-patch exception_patch.json
--! etag:  required
--! reply: exception.json
--! none:  404 tracking/exception_not_found
--! null:  412 core/precondition_failed
--! error: 409 tracking/exception_state
--! error: 422 tracking/owner_not_found
--! about: Changes an open exception: how bad it is, whose doing, who looks after it.
--! help:  A merge patch (RFC 7396). If-Match says which version you saw; a change of somebody else since then is 412 with the present ETag, and nothing is changed.
select done.body, done.version, done.current
  from tracking.exception_patch(:tenant, :context, :reach, :exception_id, :body, :if_match) as done
