--! internal
--! about: Counts a try of a person who shows their password again, and tells what it is checked against.
select identity.login_try_account(:tenant, s.subject, (:body ->> 'limit')::integer) as wait, s.subject, u.password_phc,
       u.email as account, t.name as tenant_name
  from identity.app_user u
  join identity.tenant t on t.id = u.tenant_id
  cross join (select sha256(convert_to('own ' || (:context ->> 'actor_id'), 'UTF8')) as subject) s
 where u.tenant_id = :tenant and u.user_id = (:context ->> 'actor_id')::uuid
