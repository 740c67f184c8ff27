--! GET /v1/contacts/{contact_id}/consents
--! who:   crm:read
--! path:  contact_id uuid -- The contact.
--! reply: consent.json
--! list:  yes
--! none:  404 crm/contact_not_found
--! about: What a contact agreed to, newest first, with what was taken back.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.consent_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.consent_id, row_number() over (order by k.consent_id desc) as place, count(*) over () as total, crm.consent_document(k) as body
          from (select c.*
                  from crm.consent c
                 where c.tenant_id = :tenant and c.contact_id = :contact_id
                   and c.consent_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                 order by c.consent_id desc
                 limit :limit + 1) k) p
having exists (select from crm.contact t where t.tenant_id = :tenant and t.contact_id = :contact_id
--? reach: and crm.api_account_is_reached(:tenant, :reach, t.account_id)
)
