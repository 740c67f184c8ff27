--! POST /v1/alliances/{alliance_id}/transitions
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! body:  alliance_move.json
--! reply: alliance.json
--! ok:    200
--! none:  404 alliances/alliance_not_found
--! error: 403 alliances/lead_only
--! error: 409 alliances/transition_impossible
--! error: 409 alliances/members_missing
--! error: 422 alliances/reason_missing
--! about: Leads an alliance that you lead to its next state.
--! help:  PROPOSED > INVITING > ACTIVE > SUSPENDED > WINDING_UP > DISSOLVED; INVITING comes with the first invitation, ACTIVE needs one member besides you who accepted the newest charter, which is in force from then on. WINDING_UP ends new business, DISSOLVED all.
select done.body, done.version
  from alliances.alliance_move(:tenant, :context, :alliance_id, :body) as done
 where done.body is not null
