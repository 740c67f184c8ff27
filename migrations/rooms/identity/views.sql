-- What room identity shows to other rooms.
create or replace view identity.v_tenant with (security_invoker = true) as
select id, slug, name, zone, locale, status from identity.tenant;
comment on view identity.v_tenant is 'The tenant that the unit works for, and no other.';

create or replace view identity.v_api_key with (security_invoker = true) as
select tenant_id, api_key_id, name from identity.api_key;
comment on view identity.v_api_key is 'Names of keys, for naming the source of what they sent.';

grant select on identity.v_tenant, identity.v_api_key to hansa_app;
