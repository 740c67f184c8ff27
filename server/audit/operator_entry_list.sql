--! GET /v1/operator/audit
--! who:   operator:read
--! reach: operator
--! query: actor_id uuid -- Only what this key of an operator did.
--! query: object_id uuid -- Only what was done to this thing, such as a tenant.
--! query: object_kind text(1..40) -- Only what was done to things of this kind, such as tenant.
--! query: endpoint text(1..80) -- Only calls of this endpoint, such as operator/tenant_suspend.
--! query: outcome choice(CHANGED|REFUSED|READ|SUMMED) -- Only entries with this outcome.
--! query: at_from time -- Only entries of this moment or later.
--! query: at_to time -- Only entries before this moment.
--! reply: entry.json
--! list:  yes
--! about: The operators' own audit trail, newest first: what they changed, and where they were refused.
--! help:  Filters may be combined; all of them must hold. What an operator did within a tenant stands on that tenant's trail too.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.entry_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.entry_id, row_number() over (order by k.entry_id desc) as place, count(*) over () as total, v.body
          from (select e.entry_id
                  from audit.entry e
                 where e.tenant_id = :tenant
                   and e.entry_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and (:object_kind::text is null or e.object_kind = :object_kind)
                   and (:endpoint::text is null or e.endpoint = :endpoint)
                   and (:outcome::text is null or e.outcome = :outcome)
--? actor_id: and e.actor_id = :actor_id
--? object_id: and e.object_id = :object_id
--? at_from: and e.entry_id >= audit.id_from(:at_from) and e.at >= :at_from
--? at_to: and e.entry_id <= audit.id_until(:at_to) and e.at < :at_to
                 order by e.entry_id desc
                 limit :limit + 1) k
          join audit.v_entry v on v.tenant_id = :tenant and v.entry_id = k.entry_id) p
