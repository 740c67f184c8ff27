--! GET /v1/alliances/{alliance_id}
--! who:   alliances:read
--! reach: tenant
--! path:  alliance_id uuid -- The alliance.
--! reply: alliance.json
--! none:  404 alliances/alliance_not_found
--! about: One alliance, with how you stand to it.
select alliances.alliance_document(a, :tenant) as body, a.version
  from alliances.alliance a
 where a.alliance_id = :alliance_id
   and exists (select from alliances.member m where m.alliance_id = a.alliance_id and m.member_tenant = :tenant)
