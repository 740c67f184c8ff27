--! internal
--! value: status text -- ACTIVE or SUSPENDED.
--! about: Suspends or resumes the unit's tenant and its sandbox; run by the owner (hansa admin tenant suspend, resume).
with done as (
  update identity.tenant t
     set status = :status, suspended_at = case when :status = 'SUSPENDED' then coalesce(t.suspended_at, now()) end
   where coalesce(t.sandbox_of, t.id) = :tenant and not t.is_operator
  returning t.id, t.slug, t.status)
select json_build_object('id', d.id, 'slug', d.slug, 'status', d.status) as body,
       audit.api_note(d.id, '{"actor_kind": "SYSTEM", "endpoint": "hansa admin tenant"}', 'tenant', d.id,
                      jsonb_build_object('status', d.status)) as audited
  from done d
 where d.id = :tenant
