--! GET /v1/contacts
--! who:   crm:read
--! query: account_id uuid -- Only contacts of this account.
--! query: phone text(4..60) -- Only contacts with this phone number, however it is written: with country code or without, with blanks or without. Four to six digits: what it ends with.
--! reply: contact.json
--! list:  yes
--! about: Contacts of the accounts that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.contact_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.contact_id, row_number() over (order by k.contact_id desc) as place, count(*) over () as total, crm.contact_document(k) as body
          from (select c.*
                  from crm.contact c
                 where c.tenant_id = :tenant and c.contact_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and c.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? account_id: and c.account_id = :account_id
--? phone: and c.contact_id = any ((select crm.contacts_by_phone(:tenant, :phone))::uuid[])
                 order by c.contact_id desc
                 limit :limit + 1) k) p
