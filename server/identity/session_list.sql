--! GET /v1/sessions
--! who:   identity:self
--! reach: own
--! reply: session_shown.json
--! list:  yes
--! about: One's own sessions that are open, newest first.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.session_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select l.session_id, row_number() over (order by l.session_id desc) as place, count(*) over () as total,
               json_build_object('session_id', l.session_id, 'is_present', l.session_id = (:context ->> 'session_id')::uuid,
                                 'created_at', core.rfc3339(l.created_at), 'last_seen_at', core.rfc3339(l.last_seen_at),
                                 'expires_at', core.rfc3339(l.expires_at), 'second_factor', l.second_factor,
                                 'address', l.address, 'user_agent', l.user_agent) as body
          from (select * from identity.session s
                 where s.tenant_id = :tenant and s.user_id = :actor
                   and s.session_id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                   and s.ended_at is null and s.expires_at > now() and s.last_seen_at > now() - make_interval(secs => s.idle_seconds)
                 order by s.session_id desc
                 limit :limit + 1) l) p
