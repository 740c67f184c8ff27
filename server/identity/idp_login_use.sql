--! internal
--! about: Uses a sign-in up: one row when it is live and this browser began it, none otherwise.
with used as (
  update identity.idp_login l
     set used_at = now()
   where l.tenant_id = :tenant and l.state_hash = decode(:body ->> 'state_hash', 'hex')
     and l.browser_hash = decode(:body ->> 'browser_hash', 'hex') and l.used_at is null and l.expires_at > now()
  returning l.idp_id, l.nonce_hash, l.verifier, l.return_to)
select i.idp_id, i.issuer, i.client_id, i.client_secret, i.role_claim, u.nonce_hash, u.verifier, u.return_to
  from used u
  join identity.idp i on i.tenant_id = :tenant and i.idp_id = u.idp_id
 where i.is_enabled
