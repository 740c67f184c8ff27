--! POST /v1/accounts
--! who:   crm:write
--! reach: tenant
--! body:  account_create.json
--! reply: account.json
--! ok:    201
--! error: 409 crm/code_taken
--! error: 422 crm/owner_not_found
--! error: 422 crm/unit_not_found
--! error: 422 crm/account_not_found
--! error: 422 crm/parent_circle
--! error: 422 crm/website_invalid
--! about: Makes an account.
--! help:  A customer also comes into being by the first shipment that names its code. Credit is set at its own door: PUT /v1/accounts/{account_id}/credit.
select made.body, '/v1/accounts/' || (made.body ->> 'account_id') as location
  from crm.account_create(:tenant, :actor, :context, :body) as made (body)
