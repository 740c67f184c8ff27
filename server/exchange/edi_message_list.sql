--! GET /v1/edi/messages
--! who:   exchange:read
--! reach: tenant
--! query: verdict choice(ACCEPTED|PARTLY|REJECTED|DUPLICATE|PARKED|DISCARDED|TEST|REFUSED) -- Only messages with this verdict.
--! query: sender text(1..40) -- Only messages of this sender, qualifier and id as in 02:HXFL.
--! reply: edi_message_summary.json
--! list:  yes
--! about: EDI messages, newest first, without their reports.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.message_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select m.message_id, row_number() over (order by m.message_id desc) as place, count(*) over () as total,
               json_build_object('message_id', m.message_id, 'format', m.format, 'verdict', m.verdict, 'duplicate', m.is_duplicate,
                                 'steps', exchange.message_steps(m.verdict, octet_length(m.raw)),
                                 'sender', m.sender, 'receiver', m.receiver, 'control', m.control, 'usage', m.usage,
                                 'received_at', core.rfc3339(m.received_at), 'changed_at', core.rfc3339(m.changed_at),
                                 'size', octet_length(m.raw)) as body
          from (select *
                  from exchange.edi_message k
                 where k.tenant_id = :tenant
                   and k.message_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
--? verdict: and k.verdict = :verdict
--? sender: and k.sender = :sender
                 order by k.message_id desc
                 limit 201 /* a number, so that the plan is made for a page */) m
         order by m.message_id desc
         limit :limit + 1) p
