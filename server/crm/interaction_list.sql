--! GET /v1/interactions
--! who:   crm:read
--! query: account_id uuid -- Only touches with this account.
--! query: contact_id uuid -- Only touches with this contact.
--! query: channel choice(PHONE|MAIL|FAX|EMAIL|SMS|WECHAT|CHAT|VISIT|PORTAL) -- Only touches over this channel.
--! reply: interaction.json
--! list:  yes
--! about: The time line: touches with the accounts that you reach, the latest first.
--! help:  In the order in which they happened, whoever of the staff recorded them and when.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.key) filter (where p.place = :limit and p.total > :limit) as next
  from (select row_number() over (order by k.occurred_at desc, k.interaction_id desc) as place, count(*) over () as total,
               core.rfc3339(k.occurred_at) || '/' || k.interaction_id as key, crm.interaction_document(k) as body
          from (select i.*
                  from crm.interaction i
                 where i.tenant_id = :tenant
                   and (i.occurred_at, i.interaction_id) < (case when :after is null then 'infinity' else split_part(:after, '/', 1)::timestamptz end,
                                                            case when :after is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else split_part(:after, '/', 2)::uuid end)
--? reach: and not crm.is_outsider(:reach) and i.account_id = any ((select crm.api_accounts_reached(:tenant, :reach))::uuid[])
--? account_id: and i.account_id = :account_id
--? contact_id: and i.contact_id = :contact_id
--? channel: and i.channel = :channel
                 order by i.occurred_at desc, i.interaction_id desc
                 limit :limit + 1) k) p
