-- What servers tell one another of the requests that they let in (docs/decisions/0016-rates.md). The tables are for these
-- functions alone; they hold hashes and numbers, no tenant's words.
--
-- A server tells what it let in and gets a lease: its share of what neither it nor the others have used or may yet use. One
-- subject is dealt with by one server at a time, so the leases of all together never exceed the quota.
create or replace function core.rate_share(p_server uuid, p_uses jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_is_new boolean;
    v_servers integer;
    v_now bigint := date_part('epoch', clock_timestamp());
    v_answer jsonb;
begin
    perform core.house_demand();
    insert into core.rate_server as s (server_id, seen_at) values (p_server, clock_timestamp())
        on conflict (server_id) do update set seen_at = excluded.seen_at
    returning s.xmax = 0 into v_is_new;
    if v_is_new then -- servers come seldom: then what the gone ones left is cleared
        delete from core.rate_server s where s.seen_at < clock_timestamp() - interval '10 minutes';
        delete from core.rate_use u where not exists (select from core.rate_server s where s.server_id = u.server_id);
    end if;
    select count(*) into v_servers from core.rate_server s where s.seen_at > clock_timestamp() - interval '5 seconds';
    perform pg_advisory_xact_lock((n.subject >> 32)::integer, (n.subject & 2147483647)::integer)
       from (select n.subject from jsonb_to_recordset(p_uses) as n (subject bigint) order by n.subject) n;
    with told as materialized (
        select n.subject, n.second, n.quota, n.uses::integer[] as uses
          from jsonb_to_recordset(p_uses) as n (subject bigint, second bigint, quota bigint, uses text)),
    other as materialized (
        select u.subject, u.second, u.uses, case when s.server_id is not null and u.second > v_now - 10 then u.lease else 0 end as lease
          from core.rate_use u
          left join core.rate_server s on s.server_id = u.server_id and s.seen_at > clock_timestamp() - interval '5 seconds'
         where u.subject = any (array(select t.subject from told t)) and u.server_id <> p_server and u.second > v_now - 70),
    heard as ( -- of the sixty seconds up to the one told, what the others let in
        select t.subject, array_agg(coalesce(o.count, 0) order by g.place) as uses, coalesce(sum(o.count), 0) as used
          from told t
         cross join generate_series(1, 60) g (place)
          left join (select o.subject, o.second - 60 + i.place as second, sum(i.count) as count
                       from other o, unnest(o.uses) with ordinality i (count, place)
                      group by 1, 2) o on o.subject = t.subject and o.second = t.second - 60 + g.place
         where t.subject in (select o.subject from other o)
         group by t.subject),
    counted as (
        select t.*, h.uses as others, coalesce(h.used, 0) + (select coalesce(sum(x), 0) from unnest(t.uses) x) as used,
               (select coalesce(sum(o.lease), 0) from other o where o.subject = t.subject) as leased
          from told t
          left join heard h on h.subject = t.subject),
    -- A slice at a time, for it is asked for again four times a second: what a server that was killed had leased is missing
    -- to the others for five seconds.
    given as (
        select c.*, least(greatest(floor(greatest(0, c.quota - c.used - c.leased) / v_servers), case when c.used < c.quota then 1 else 0 end),
                          greatest(c.quota / 20, 50))::bigint as lease
          from counted c),
    kept as (
        insert into core.rate_use as u (subject, server_id, second, uses, lease)
        select g.subject, p_server, g.second, g.uses, g.lease from given g
            on conflict (subject, server_id) do update set second = excluded.second, uses = excluded.uses, lease = excluded.lease)
    select jsonb_agg(jsonb_build_object('subject', g.subject, 'second', g.second, 'lease', g.lease, 'others', to_jsonb(g.others))) into v_answer from given g;
    return jsonb_build_object('servers', v_servers, 'subjects', coalesce(v_answer, '[]'));
end $$;
comment on function core.rate_share(uuid, jsonb) is
    'Tells [{subject, second, quota, uses: "{…}" of sixty seconds}] of one server; answers how many servers count, the leases, and what the others let in, null for nothing.';
revoke all on function core.rate_share(uuid, jsonb) from public;
grant execute on function core.rate_share(uuid, jsonb) to hansa_app;
