-- What servers tell one another of the requests that they let in (docs/decisions/0016-rates.md). The tables are for these
-- functions alone; they hold hashes and numbers, no tenant's words.
create or replace function core.rate_share(p_server uuid, p_uses jsonb) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_is_new boolean;
begin
    insert into core.rate_server as s (server_id, seen_at) values (p_server, clock_timestamp())
        on conflict (server_id) do update set seen_at = excluded.seen_at
    returning s.xmax = 0 into v_is_new;
    if v_is_new then -- servers come seldom: then what the gone ones left is cleared
        delete from core.rate_server s where s.seen_at < clock_timestamp() - interval '10 minutes';
        delete from core.rate_use u where not exists (select from core.rate_server s where s.server_id = u.server_id);
    end if;
    insert into core.rate_use as u (subject, server_id, second, uses)
    select n.subject, p_server, n.second, array(select x::integer from jsonb_array_elements_text(n.uses) x)
      from jsonb_to_recordset(p_uses) as n (subject bigint, second bigint, uses jsonb)
     order by n.subject
        on conflict (subject, server_id) do update set second = excluded.second, uses = excluded.uses;
    return jsonb_build_object(
        'servers', (select count(*) from core.rate_server s where s.seen_at > clock_timestamp() - interval '5 seconds'),
        'others', (select coalesce(jsonb_agg(jsonb_build_object('subject', u.subject, 'second', u.second, 'uses', to_jsonb(u.uses))), '[]')
                     from core.rate_use u
                    where u.server_id <> p_server and u.second > date_part('epoch', clock_timestamp())::bigint - 70
                      and u.subject in (select n.subject from jsonb_to_recordset(p_uses) as n (subject bigint))));
end $$;
comment on function core.rate_share(uuid, jsonb) is
    'Tells [{subject, second, uses of sixty seconds}] of one server; answers how many servers count and what the others told of these subjects.';
revoke all on function core.rate_share(uuid, jsonb) from public;
grant execute on function core.rate_share(uuid, jsonb) to hansa_app;
