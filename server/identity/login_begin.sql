--! internal
--! about: Counts a try for an account and tells what the password and the code are checked against.
select b.wait, b.subject, b.user_id, b.password_phc, b.password_set_at, b.totp_secret, b.totp_last_step
  from identity.login_begin(:tenant, :body ->> 'email', :context ->> 'address', (:body ->> 'limit')::integer) b
