--! internal
--! about: All people of a tenant; run by the owner with hansa.tenant_id set (hansa admin user list).
select coalesce(json_agg(identity.user_json(u) order by u.user_id), '[]'::json) as body
  from identity.app_user u
 where u.tenant_id = :tenant
