--! POST /v1/contacts/{contact_id}/consents
--! who:   crm:write
--! path:  contact_id uuid -- The contact.
--! body:  consent_note.json
--! reply: consent.json
--! ok:    200
--! none:  404 crm/contact_not_found
--! error: 409 crm/consent_not_given
--! about: Notes that a contact agreed to a purpose, or took it back.
--! help:  A yes to what stands already, and a second no, change nothing. What was taken back stays on record.
select done.body
  from crm.consent_note(:tenant, :actor, :context, :reach, :contact_id, :body) as done (body)
 where done.body is not null
