--! POST /v1/contacts
--! who:   crm:write
--! body:  contact_create.json
--! reply: contact.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 crm/email_invalid
--! error: 422 crm/locale_invalid
--! error: 422 crm/channel_invalid
--! error: 422 crm/relation_unclear
--! error: 422 crm/hour_invalid
--! error: 422 crm/zone_unknown
--! about: Makes a contact: a person at an account.
select made.body, '/v1/contacts/' || (made.body ->> 'contact_id') as location
  from crm.contact_create(:tenant, :actor, :context, :reach, :body) as made (body)
