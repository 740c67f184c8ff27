--! GET /v1/keys
--! who:   identity:read
--! query: state choice(LIVE|EXPIRED|REVOKED) -- Only keys in this state.
--! query: account_id uuid -- Only keys of this account, as a customer's or as a partner's.
--! reply: key.json
--! list:  yes
--! about: API keys that you reach, newest first: what they may do, who made them, when they were last used.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.api_key_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.api_key_id, row_number() over (order by k.api_key_id desc) as place, count(*) over () as total,
               identity.key_document(:tenant, k) as body
          from (select a.*
                  from identity.api_key a
                 where a.tenant_id = :tenant and a.api_key_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
--? reach: and identity.key_is_reached(:tenant, :reach, a)
--? account_id: and a.account_id = :account_id
--? state: and :state = case when a.revoked_at is not null then 'REVOKED' when a.expires_at <= now() then 'EXPIRED' else 'LIVE' end
                 order by a.api_key_id desc
                 limit :limit + 1) k) p
