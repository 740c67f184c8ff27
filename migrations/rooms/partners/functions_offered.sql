-- What room partners offers to other rooms.

create or replace function partners.api_partner(p_tenant uuid, p_partner uuid, out account_id uuid, out org_id uuid, out tenant_of_org uuid,
                                                out state text)
    language plpgsql stable
    as $$
begin
    select p.partner_id, o.org_id, o.of_tenant, p.state into account_id, org_id, tenant_of_org, state
      from partners.partner p
      join partners.organisation e on e.org_id = p.org_id
      join partners.organisation o on o.org_id = coalesce(e.same_as, e.org_id)
     where p.tenant_id = p_tenant and p.partner_id = p_partner;
end $$;
comment on function partners.api_partner(uuid, uuid) is
    'A relation by its id, which is its account''s: whose it is, and the tenant that the organisation is, if it is one. All null: no such partner.';

create or replace function partners.api_partner_of_tenant(p_tenant uuid, p_other uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select p.partner_id
              from partners.organisation o
              join partners.organisation e on e.org_id = o.org_id or e.same_as = o.org_id
              join partners.partner p on p.tenant_id = p_tenant and p.org_id = e.org_id
             where o.of_tenant = p_other
             order by p.partner_id limit 1);
end $$;
comment on function partners.api_partner_of_tenant(uuid, uuid) is 'The tenant''s own relation (its account) to another tenant, or null.';

create or replace function partners.api_organisation_of(p_tenant uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select o.org_id from partners.organisation o where o.of_tenant = p_tenant);
end $$;
comment on function partners.api_organisation_of(uuid) is 'The entry of a tenant in the directory.';

create or replace function partners.api_organisation_tenant(p_org uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select o.of_tenant from partners.organisation o where o.org_id = p_org);
end $$;
comment on function partners.api_organisation_tenant(uuid) is 'The tenant that an organisation is, or null; not to be told on the wire.';

create or replace function partners.api_organisation_phone(p_tenant uuid) returns text
    language plpgsql stable
    as $$
begin
    return (select o.phone from partners.organisation o where o.of_tenant = p_tenant);
end $$;
comment on function partners.api_organisation_phone(uuid) is 'The phone that a tenant gives to everybody, or null.';

create or replace function partners.api_organisation_short(p_org uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('org_id', o.org_id, 'legal_name', o.legal_name, 'country', o.country) from partners.organisation o
             where o.org_id = p_org);
end $$;
comment on function partners.api_organisation_short(uuid) is 'An organisation as other documents name it.';

create or replace function partners.api_organisation_open(p_tenant uuid, p_name text) returns uuid
    language plpgsql volatile
    as $$
begin
    insert into partners.organisation (org_id, legal_name, of_tenant, is_listed) values (core.uuidv7(), p_name, p_tenant, false)
    on conflict (of_tenant) where of_tenant is not null do nothing;
    return partners.api_organisation_of(p_tenant);
end $$;
comment on function partners.api_organisation_open(uuid, text) is 'Makes the entry of a new tenant, which nobody finds until the tenant lists itself.';

grant execute on function partners.api_partner(uuid, uuid), partners.api_partner_of_tenant(uuid, uuid), partners.api_organisation_of(uuid),
    partners.api_organisation_tenant(uuid), partners.api_organisation_short(uuid), partners.api_organisation_open(uuid, text),
    partners.api_organisation_phone(uuid) to hansa_app;
