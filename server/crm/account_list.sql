--! GET /v1/accounts
--! who:   crm:read
--! query: kind choice(PROSPECT|CUSTOMER|PARTNER|SUPPLIER) -- Only accounts of this kind.
--! query: code text(1..40) -- Only the account with this code of yours.
--! query: owner_id uuid -- Only accounts that this person of your staff looks after.
--! query: unit_id uuid -- Only accounts that this unit looks after.
--! query: tag text(1..40) -- Only accounts with this tag.
--! query: hold choice(GOOD|WATCH|HOLD) -- Only accounts with this hold.
--! query: parent_id uuid -- Only accounts directly below this one.
--! query: lifecycle choice(PROSPECT|NEW|ACTIVE|GROWING|STABLE|SEASONAL|AT_RISK|LAPSED|RETURNED) -- Only accounts at this point of their life cycle.
--! query: name_prefix text(1..100) -- Only accounts whose name begins so; letter case does not matter.
--! query: updated_since time -- Only accounts made or changed at this moment or later.
--! reply: account.json
--! list:  yes
--! about: Accounts that you reach, newest first.
--! help:  Filters may be combined; all of them must hold.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.account_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.account_id, row_number() over (order by k.account_id desc) as place, count(*) over () as total, crm.account_document(k) as body
          from crm.account k
         where k.tenant_id = :tenant
           and k.account_id = any ((select crm.accounts_page(:tenant, :reach, jsonb_strip_nulls(jsonb_build_object(
                   'kind', :kind::text, 'code', :code::text, 'owner_id', :owner_id::uuid, 'unit_id', :unit_id::uuid, 'tag', :tag::text,
                   'hold', :hold::text, 'parent_id', :parent_id::uuid, 'lifecycle', :lifecycle::text, 'name_prefix', :name_prefix::text,
                   'updated_since', :updated_since::timestamptz)), :after, :limit + 1))::uuid[])) p
