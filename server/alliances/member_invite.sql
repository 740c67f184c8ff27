--! POST /v1/alliances/{alliance_id}/members
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! body:  member_invite.json
--! reply: member.json
--! ok:    201
--! none:  404 alliances/alliance_not_found
--! error: 403 alliances/lead_only
--! error: 409 alliances/alliance_closed
--! error: 409 alliances/member_already
--! error: 409 alliances/too_many_members
--! error: 422 alliances/nobody_to_invite
--! about: Invites an organisation that uses this installation to an alliance that you lead.
--! help:  It finds the invitation at GET /v1/alliances?member_state=INVITED, reads the charter, and joins by accepting it. It sees no other member before.
select made.body
  from alliances.member_invite(:tenant, :context, :alliance_id, :body) as made (body)
 where made.body is not null
