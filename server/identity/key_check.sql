--! internal
--! value: key_ref text -- The part of the key that finds its row.
--! value: secret_hash bytea -- SHA-256 of the whole key.
--! about: Who a key is: one row while the key and its tenant are live, none otherwise. During the overlap of a rotation two secrets count. A test key is its firm's row too; the corridor has it work in the sandbox.
select json_build_object('actor_id', k.api_key_id, 'actor_kind', case when t.is_operator then 'OPERATOR' else 'KEY' end,
                         'session_id', null, 'reach', r.reach, 'audience', coalesce(identity.api_audience(r.reach), 'STAFF'), 'addresses', k.addresses,
                         'key_rate', coalesce(k.requests_per_minute, case when k.is_test then identity.api_tenth(t.key_requests_per_minute) else t.key_requests_per_minute end),
                         'tenant_rate', case when k.is_test then identity.api_tenth(t.requests_per_minute) else t.requests_per_minute end,
                         'name', k.name, 'scopes', k.scopes, 'is_test', k.is_test,
                         'tenant_id', t.id, 'tenant_slug', t.slug, 'tenant_name', t.name, 'tenant_status', t.status,
                         'zone', t.zone, 'locale', t.locale, 'expires_at', core.rfc3339(k.expires_at)) as body
  from identity.api_key k
  join identity.tenant t on t.id = k.tenant_id
 cross join lateral (select case when k.reach <> 'TENANT' then identity.outside_reach(:tenant, k.reach, array[k.account_id]) end) r (reach)
 where k.tenant_id = :tenant and t.id = :tenant
   and k.key_ref = :key_ref
   and (k.secret_hash = :secret_hash or (k.old_secret_hash = :secret_hash and k.old_valid_until > now()))
   and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
   and t.status = 'ACTIVE'
