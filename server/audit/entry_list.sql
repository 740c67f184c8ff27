--! GET /v1/audit
--! who:   audit:read
--! reach: tenant
--! query: actor_id uuid -- Only what this key, user or operator did.
--! query: object_id uuid -- Only what was done to this thing.
--! query: object_kind text(1..40) -- Only what was done to things of this kind, such as shipment.
--! query: endpoint text(1..80) -- Only calls of this endpoint, such as orders/shipment_create.
--! query: outcome choice(CHANGED|REFUSED|READ|SUMMED) -- Only entries with this outcome.
--! query: since time -- Only entries of this moment or later.
--! query: until time -- Only entries before this moment.
--! reply: entry.json
--! list:  yes
--! about: The audit trail, newest first: every change, and accesses that were refused or unusual.
--! help:  Filters may be combined; all of them must hold. Refusals beyond thirty a minute are summed up in one entry with outcome SUMMED.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.entry_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select e.entry_id, row_number() over (order by e.entry_id desc) as place, count(*) over () as total, v.body
          from (select k.entry_id
                  from audit.entry k
                 where k.tenant_id = :tenant
                   and k.entry_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and (:object_kind::text is null or k.object_kind = :object_kind)
                   and (:endpoint::text is null or k.endpoint = :endpoint)
                   and (:outcome::text is null or k.outcome = :outcome)
--? actor_id: and k.actor_id = :actor_id
--? object_id: and k.object_id = :object_id
--? since: and k.entry_id >= audit.id_from(:since) and k.at >= :since
--? until: and k.entry_id <= audit.id_until(:until) and k.at < :until
                 order by k.entry_id desc
                 limit :limit + 1) e
          join audit.v_entry v on v.tenant_id = :tenant and v.entry_id = e.entry_id) p
