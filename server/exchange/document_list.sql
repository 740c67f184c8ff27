--! GET /v1/exchange/documents
--! who:   exchange:read
--! reach: tenant
--! query: direction choice(OUT|IN) -- OUT: what we sent; IN: what came to us.
--! query: kind choice(TENDER|TENDER_RESPONSE|TENDER_WITHDRAWAL|AWARD|STATUS|POD) -- Only documents of this kind.
--! query: state choice(QUEUED|SENT|WITHHELD|APPLIED|REFUSED) -- Only documents in this state.
--! query: subject_id uuid -- Only documents about this tender and what followed from it.
--! reply: document_summary.json
--! list:  yes
--! about: Documents sent to and received from other tenants, newest first, without what they tell.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.document_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select m.document_id, row_number() over (order by m.document_id desc) as place, count(*) over () as total,
               exchange.document_summary(m) as body
          from (select d.*
                  from exchange.document d
                 where d.tenant_id = :tenant
                   and d.document_id < case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else :after::uuid end
--? direction: and d.direction = :direction
--? kind: and d.kind = :kind
--? state: and d.state = :state
--? subject_id: and d.subject_id = :subject_id
                 order by d.document_id desc
                 limit 201 /* a number, so that the plan is made for a page */) m
         order by m.document_id desc
         limit :limit + 1) p
