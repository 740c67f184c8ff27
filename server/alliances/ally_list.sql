--! GET /v1/allies
--! who:   alliances:read
--! reach: tenant
--! reply: ally.json
--! list:  yes
--! about: Members of alliances that gave you legs to carry, and the account that each is in your books as a customer.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.org_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.org_id, row_number() over (order by k.org_id) as place, count(*) over () as total, alliances.ally_document(k.ally) as body
          from (select n.ally, n.org_id
                  from (select a as ally, partners.api_organisation_of(a.counterpart) as org_id from alliances.ally a where a.tenant_id = :tenant offset 0) n
                 where n.org_id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
                 order by n.org_id
                 limit :limit + 1) k) p
