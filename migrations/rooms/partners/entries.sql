-- Every tenant has an entry of its own in the directory: here for those that were made before there was one. Those that are made
-- later get theirs when they are made (partners.api_organisation_open).
insert into partners.organisation (org_id, legal_name, of_tenant, is_listed)
select core.uuidv7(), t.name, t.id, false
  from identity.v_tenant t
 where not t.is_operator and t.sandbox_of is null
    on conflict (of_tenant) where of_tenant is not null do nothing;
