-- What room identity shows to other rooms.
create or replace view identity.v_tenant with (security_invoker = true) as
select id, slug, name, zone, locale, status, created_at, is_operator, requests_per_minute, key_requests_per_minute, storage_bytes, suspended_at,
       sandbox_of, version
  from identity.tenant;
comment on view identity.v_tenant is 'The tenant that the unit works for, and no other.';

create or replace view identity.v_api_key with (security_invoker = true) as
select tenant_id, api_key_id, name from identity.api_key
union all
select sandbox, api_key_id, name from identity.sandbox_key where sandbox = nullif(current_setting('hansa.tenant_id', true), '')::uuid;
comment on view identity.v_api_key is 'Names of keys, for naming the source of what they sent; in a sandbox those of the test keys that work there.';

create or replace view identity.v_org_unit with (security_invoker = true) as
select tenant_id, unit_id, parent_id, name from identity.org_unit;
comment on view identity.v_org_unit is 'Units of the tenant''s organisation.';

create or replace view identity.v_app_user with (security_invoker = true) as
select tenant_id, user_id, audience, status from identity.app_user;
comment on view identity.v_app_user is 'That a person exists and whether she may sign in; what is told of her, api_clerk and api_actor tell.';

grant select on identity.v_tenant, identity.v_api_key, identity.v_org_unit, identity.v_app_user to hansa_app;
