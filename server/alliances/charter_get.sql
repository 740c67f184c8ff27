--! GET /v1/alliances/{alliance_id}/charters/{charter_id}
--! who:   alliances:read
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! path:  charter_id uuid -- The version.
--! reply: charter.json
--! none:  404 alliances/charter_not_found
--! about: One version of a charter, with its hash and who accepted it.
select alliances.charter_document(c, :tenant) as body
  from alliances.charter c
 where c.alliance_id = :alliance_id and c.charter_id = :charter_id and alliances.charter_is_open_to(c, :tenant)
