--! DELETE /v1/contacts/{contact_id}
--! who:   crm:write
--! path:  contact_id uuid -- The contact.
--! ok:    204
--! none:  404 crm/contact_not_found
--! about: Deletes a contact with everything it agreed to.
select '{}'::json as body, done.audited from crm.contact_delete(:tenant, :context, :reach, :contact_id) as done (audited) where done.audited is not null
