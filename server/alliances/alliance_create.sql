--! POST /v1/alliances
--! who:   alliances:govern
--! reach: tenant
--! body:  alliance_create.json
--! reply: alliance.json
--! ok:    201
--! error: 409 sandbox/not_here
--! error: 422 alliances/span_reversed
--! error: 422 alliances/role_twice
--! error: 422 alliances/share_rule_unsound
--! error: 422 alliances/split_unsound
--! about: Proposes an alliance with the first version of its charter; you lead it and have accepted that version.
--! help:  Then invite members; each accepts the charter; then lead it to ACTIVE.
select made.body, '/v1/alliances/' || (made.body ->> 'alliance_id') as location
  from alliances.alliance_create(:tenant, :context, :body) as made (body)
