--! internal
--! about: Counts a try to confirm a second factor and tells its secret, sealed.
select identity.login_try_account(:tenant, sha256(convert_to('totp ' || u.user_id, 'UTF8')), (:body ->> 'limit')::integer) as wait,
       case when u.totp_confirmed_at is null then u.totp_secret end as totp_secret, u.totp_last_step
  from identity.app_user u
 where u.tenant_id = :tenant and u.user_id = (:context ->> 'actor_id')::uuid
