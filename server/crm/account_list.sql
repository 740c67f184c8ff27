--! GET /v1/accounts
--! who:   crm:read
--! query: kind choice(PROSPECT|CUSTOMER|PARTNER|SUPPLIER) -- Only accounts of this kind.
--! query: code text(1..40) -- Only the account with this code of yours.
--! reply: account.json
--! list:  yes
--! about: Accounts that you reach, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.account_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.account_id, row_number() over (order by k.account_id desc) as place, count(*) over () as total, crm.account_document(k) as body
          from (select a.*
                  from crm.account a
                 where a.tenant_id = :tenant and a.account_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and a.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? kind: and a.kind = :kind
--? code: and a.customer_code = :code
                 order by a.account_id desc
                 limit :limit + 1) k) p
