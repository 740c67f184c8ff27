--! internal
--! about: Links that wait to be handed over, sealed; run by the owner with hansa.tenant_id set (hansa admin link list).
select coalesce(json_agg(json_build_object('kind', l.kind, 'email', l.email, 'created_at', core.rfc3339(l.created_at),
                             'expires_at', core.rfc3339(l.expires_at), 'token_hash', l.token_hash, 'sealed', o.sealed)
                         order by l.created_at), '[]'::json) as body
  from identity.user_link l
  join identity.outgoing_link o on o.tenant_id = :tenant and o.link_id = l.link_id
 where l.tenant_id = :tenant and l.used_at is null and l.revoked_at is null and l.expires_at > now() and o.sealed is not null
