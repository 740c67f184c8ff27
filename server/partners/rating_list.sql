--! GET /v1/partners/{partner_id}/ratings
--! who:   partners:read
--! path:  partner_id uuid -- The relation: its account's id.
--! reply: rating.json
--! list:  yes
--! none:  404 partners/partner_not_found
--! about: How a partner was rated, newest first; not for its own people.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.rating_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.rating_id, row_number() over (order by k.rating_id desc) as place, count(*) over () as total, partners.rating_document(k) as body
          from (select r.*
                  from partners.rating r
                 where r.tenant_id = :tenant and r.partner_id = :partner_id
                   and r.rating_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                 order by r.rating_id desc
                 limit :limit + 1) k) p
having exists (select from partners.partner t where t.tenant_id = :tenant and t.partner_id = :partner_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, t.partner_id) and not partners.is_outsider(:reach)
)
