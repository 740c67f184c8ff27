--! GET /v1/organisations
--! who:   partners:read
--! query: name text(1..80) -- Only organisations whose name begins so; case does not matter.
--! query: scac text(2..4) -- Only the one with this carrier code.
--! query: gln text(13..13) -- Only the one with this global location number.
--! query: registration_no text(1..40) -- Only those with this number in a register of companies.
--! query: country text(2..2) -- Only those of this country.
--! reply: organisation.json
--! list:  yes
--! about: The common directory of organisations, newest first: those that are listed, and you.
--! help:  Common to all tenants: it tells what firms say of themselves in public, never who works with whom. A tenant is not listed until it lists itself.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.org_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.org_id, row_number() over (order by k.org_id desc) as place, count(*) over () as total,
               partners.organisation_document(k, :tenant) as body
          from (select o.*
                  from partners.organisation o
                 where (o.is_listed or o.of_tenant = :tenant) and o.org_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and coalesce(:reach ->> 'kind', 'TENANT') not in ('PARTNER', 'ACCOUNT')
--? name: and lower(o.legal_name) collate "C" >= lower(:name) and lower(o.legal_name) collate "C" < lower(:name) || chr(1114109)
--? scac: and o.scac = upper(:scac)
--? gln: and o.gln = :gln
--? registration_no: and upper(o.registration_no) = upper(:registration_no)
--? country: and o.country = upper(:country)
                 order by o.org_id desc
                 limit :limit + 1) k) p
