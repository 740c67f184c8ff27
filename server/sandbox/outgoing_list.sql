--! GET /v1/sandbox/outgoing
--! who:   sandbox:read
--! reach: tenant
--! query: kind text(2..40) -- Only of this kind, such as INVITATION.
--! reply: outgoing.json
--! list:  yes
--! steps: enter, unit, reply
--! about: What would have left the house, had it been done by the firm itself, newest first.
--! help:  A sandbox mails nobody and calls nobody. Goes when the sandbox is emptied.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.outgoing_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.outgoing_id, row_number() over (order by k.outgoing_id desc) as place, count(*) over () as total,
               sandbox.outgoing_document(k) as body
          from (select o.*
                  from sandbox.outgoing o
                 where o.tenant_id = :tenant and o.outgoing_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? kind: and o.kind = :kind
                 order by o.outgoing_id desc
                 limit :limit + 1) k) p
