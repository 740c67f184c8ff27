--! internal
--! value: email text -- Address to sign in with.
--! value: name text -- Name of the person.
--! value: role text -- A role of the tenant, given over the whole tenant.
--! value: locale text -- Or null for the tenant's.
--! value: password_phc text -- Hash of the password; null = by invitation.
--! about: Makes a person with a role; run by the owner with hansa.tenant_id set (hansa admin user create).
select identity.user_admin_make(:tenant, :email, :name, :role, :locale, :password_phc) as body
