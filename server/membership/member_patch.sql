--! PATCH /v1/members/{member_id}
--! who:   membership:write
--! path:  member_id uuid -- The membership.
--! body:  merge-patch member_patch.json
--! etag:  required
--! reply: member.json
--! none:  404 membership/member_not_found
--! error: 422 membership/contact_unknown
--! about: Says which contacts of the account speak for a membership.
select done.body, done.version from membership.member_patch(:tenant, :context, :reach, :member_id, :if_match, :body) as done where done.body is not null
