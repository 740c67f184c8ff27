--! PATCH /v1/alliances/{alliance_id}
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! body:  merge-patch alliance_patch.json
--! etag:  required
--! reply: alliance.json
--! none:  404 alliances/alliance_not_found
--! error: 403 alliances/lead_only
--! error: 409 alliances/alliance_closed
--! error: 422 alliances/span_reversed
--! about: Changes name, purpose or days of an alliance that you lead.
--! help:  What members are bound to stands in the charter, which only a new version changes.
select done.body, done.version
  from alliances.alliance_patch(:tenant, :context, :alliance_id, :if_match, :body) as done
 where done.body is not null
