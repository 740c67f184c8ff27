--! PUT /v1/allies/{org_id}
--! who:   alliances:write
--! reach: tenant
--! path:  org_id uuid -- Its id in the directory.
--! body:  ally_set.json
--! reply: ally.json
--! none:  404 alliances/ally_not_found
--! error: 422 crm/account_not_found
--! about: Says which account an ally is as your customer.
--! help:  The first leg that it awards to you settles it: the account of your relation to it if there is one, else a new one. A change holds from the next award on; orders that there are stay where they are.
select done.body
  from alliances.ally_set(:tenant, :context, :org_id, (:body ->> 'account_id')::uuid) as done (body)
 where done.body is not null
