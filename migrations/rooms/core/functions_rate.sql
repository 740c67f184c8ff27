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
    v_told record;
    v_others integer[];
    v_used bigint;
    v_lease bigint;
    v_answer jsonb := jsonb_build_array();
begin
    insert into core.rate_server as s (server_id, seen_at) values (p_server, clock_timestamp())
        on conflict (server_id) do update set seen_at = excluded.seen_at
    returning s.xmax = 0 into v_is_new;
    if v_is_new then -- servers come seldom: then what the gone ones left is cleared
        delete from core.rate_server s where s.seen_at < clock_timestamp() - interval '10 minutes';
        delete from core.rate_use u where not exists (select from core.rate_server s where s.server_id = u.server_id);
    end if;
    select count(*) into v_servers from core.rate_server s where s.seen_at > clock_timestamp() - interval '5 seconds';
    for v_told in
        select n.subject, n.second, n.quota, array(select x::integer from jsonb_array_elements_text(n.uses) x) as uses
          from jsonb_to_recordset(p_uses) as n (subject bigint, second bigint, quota bigint, uses jsonb)
         order by n.subject
    loop
        perform pg_advisory_xact_lock((v_told.subject >> 32)::integer, (v_told.subject & 2147483647)::integer);
        -- of the sixty seconds up to the one told, what the others let in
        select array_agg(coalesce(o.count, 0) order by s.second) into v_others
          from generate_series(v_told.second - 59, v_told.second) as s (second)
          left join (select u.second - 60 + i.place as second, sum(i.count)::integer as count
                       from core.rate_use u, unnest(u.uses) with ordinality as i (count, place)
                      where u.subject = v_told.subject and u.server_id <> p_server and u.second > v_now - 70
                      group by 1) o on o.second = s.second;
        select coalesce(sum(x), 0) into v_used from unnest(v_told.uses || v_others) x;
        select greatest(0, v_told.quota - v_used - coalesce(sum(u.lease), 0)) / v_servers into v_lease
          from core.rate_use u
          join core.rate_server s on s.server_id = u.server_id and s.seen_at > clock_timestamp() - interval '5 seconds'
         where u.subject = v_told.subject and u.server_id <> p_server and u.second > v_now - 10;
        -- A slice at a time, for it is asked for again four times a second: what a server that was killed had leased is missing
        -- to the others for five seconds.
        v_lease := least(greatest(v_lease, case when v_used < v_told.quota then 1 else 0 end), greatest(v_told.quota / 20, 50));
        insert into core.rate_use as u (subject, server_id, second, uses, lease)
        values (v_told.subject, p_server, v_told.second, v_told.uses, v_lease)
            on conflict (subject, server_id) do update set second = excluded.second, uses = excluded.uses, lease = excluded.lease;
        v_answer := v_answer || jsonb_build_object('subject', v_told.subject, 'second', v_told.second, 'lease', v_lease, 'others', to_jsonb(v_others));
    end loop;
    return jsonb_build_object('servers', v_servers, 'subjects', v_answer);
end $$;
comment on function core.rate_share(uuid, jsonb) is
    'Tells [{subject, second, quota, uses of sixty seconds}] of one server; answers how many servers count, what the others let in, and the leases.';
revoke all on function core.rate_share(uuid, jsonb) from public;
grant execute on function core.rate_share(uuid, jsonb) to hansa_app;
