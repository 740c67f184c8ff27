--! internal
--! access: read
--! about: Is this link good? Asked before a password is hashed for it.
select '{}'::json as body
  from identity.user_link l
  join identity.tenant t on t.id = l.tenant_id
 where l.tenant_id = :tenant and l.token_hash = decode(:body ->> 'token_hash', 'hex') and l.kind = :body ->> 'kind'
   and l.used_at is null and l.revoked_at is null and l.expires_at > now() and t.status = 'ACTIVE'
