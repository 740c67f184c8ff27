--! POST /v1/alliances/{alliance_id}/charters
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! body:  charter_propose.json
--! reply: charter.json
--! ok:    201
--! none:  404 alliances/alliance_not_found
--! error: 403 alliances/lead_only
--! error: 409 alliances/alliance_closed
--! error: 422 alliances/role_twice
--! error: 422 alliances/share_rule_unsound
--! error: 422 alliances/split_unsound
--! about: Proposes a new version of the charter of an alliance that you lead; you have accepted it by that.
--! help:  The version in force stays so until every active member has accepted the new one. A proposal that still waits is withdrawn.
select made.body, '/v1/alliances/' || :alliance_id || '/charters/' || (made.body ->> 'charter_id') as location
  from alliances.charter_propose(:tenant, :context, :alliance_id, :body) as made (body)
 where made.body is not null
