--! POST /v1/alliances/{alliance_id}/charters/{charter_id}/acceptances
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! path:  charter_id uuid -- The version.
--! body:  charter_accept.json
--! reply: charter.json
--! ok:    200
--! none:  404 alliances/charter_not_found
--! error: 409 alliances/alliance_closed
--! error: 409 alliances/charter_not_open
--! error: 422 alliances/charter_differs
--! about: Accepts a version of the charter for your firm, quoting the hash of what you read.
--! help:  Kept with who accepted it and when. Whoever is invited joins by it: ACCEPTED until the alliance begins, ACTIVE if its charter is in force already. Accepting twice is once.
select done.body
  from alliances.charter_accept(:tenant, :context, :alliance_id, :charter_id, :body) as done (body)
 where done.body is not null
