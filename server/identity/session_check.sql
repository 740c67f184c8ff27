--! internal
--! access: read
--! value: secret_hash bytea -- SHA-256 of the whole cookie.
--! about: Whose session it is: one row while the session, its person and the tenant are live, none otherwise.
select json_build_object('actor_id', s.user_id, 'actor_kind', 'USER', 'session_id', s.session_id,
                         'scopes', p.principal -> 'scopes', 'reach', p.principal -> 'reach',
                         'audience', coalesce(identity.api_audience(p.principal -> 'reach'), u.audience), 'addresses', null,
                         'key_rate', t.key_requests_per_minute, 'tenant_rate', t.requests_per_minute) as body
  from identity.session s
  join identity.app_user u on u.tenant_id = :tenant and u.user_id = s.user_id
  join identity.tenant t on t.id = :tenant
  cross join lateral identity.session_principal(:tenant, s.user_id) p(principal)
 where s.tenant_id = :tenant and s.secret_hash = :secret_hash
   and s.ended_at is null and s.expires_at > now() and s.last_seen_at > now() - make_interval(secs => s.idle_seconds)
   and u.status = 'ACTIVE' and t.status = 'ACTIVE'
