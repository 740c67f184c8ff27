--! POST /v1/alliances/{alliance_id}/members/{org_id}/transitions
--! who:   alliances:govern
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! path:  org_id uuid -- The member: its organisation.
--! body:  member_move.json
--! reply: member.json
--! ok:    200
--! none:  404 alliances/member_not_found
--! error: 403 alliances/lead_only
--! error: 409 alliances/lead_stays
--! error: 409 alliances/transition_impossible
--! error: 409 alliances/charter_not_accepted
--! error: 422 alliances/reason_missing
--! about: You leave or decline (LEFT); or, where you lead, you suspend, resume or expel a member, or take an invitation back (EXPELLED).
--! help:  What was delivered to a member stays in its books, as on paper; from now on nothing more is.
select done.body
  from alliances.member_move(:tenant, :context, :alliance_id, :org_id, :body) as done (body)
 where done.body is not null
