-- What workers do with the queue (decision 0030). Taking is a transaction of its own, so that a try is counted even if it kills its worker;
-- a job's effect and its end are one. Work of one tenant and kind is asked for as a range of rows, which index job_due alone can serve: with
-- equalities a plan made while one tenant fills the queue would go through all of it by time.

-- Next work for one worker: up to p_most jobs, from as many tenants as possible, beginning after the tenant that came last.
-- What a dead worker left is taken alone, by a worker that does nothing else: if it kills again, nobody else is hit.
create or replace function core.job_take(p_kinds jsonb, p_after uuid, p_most integer, p_lease_s integer, p_is_idle boolean) returns json
    language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
    as $$
declare
    v_probes constant integer := 400;
    v_now timestamptz := clock_timestamp();
    v_lease uuid := core.uuidv7();
    v_tenant uuid := p_after;
    v_kind text := '~';
    v_has_looked boolean := false;
    v_is_round boolean := false;
    v_is_all boolean := false;
    v_tenants uuid[] := array[]::uuid[];
    v_pairs_of uuid[] := array[]::uuid[];
    v_pairs_kind text[] := array[]::text[];
    v_share integer;
    v_jobs uuid[];
    v_is_alone boolean;
    v_dead json;
    v_taken json;
begin
    perform core.house_demand();
    v_jobs := array(select j.job_id from core.job j
                     where j.lease is not null and j.leased_until <= v_now and p_kinds ? j.kind
                       and exists (select from identity.v_tenant t where t.id = j.of_tenant and t.status = 'ACTIVE')
                     order by j.leased_until limit 1 for update of j skip locked);
    if cardinality(v_jobs) > 0 and not p_is_idle then
        return json_build_object('jobs', '[]'::json, 'after', p_after, 'waits', true);
    end if;

    v_is_alone := cardinality(v_jobs) > 0;
    if not v_is_alone and (select j.run_at from core.job j where j.lease is null and j.dead_at is null order by j.run_at limit 1) <= v_now then
        v_has_looked := true;
        -- one look for each tenant and kind that has any work at all
        for i in 1 .. v_probes loop
            select j.of_tenant, j.kind into v_tenant, v_kind
              from core.job j
             where j.lease is null and j.dead_at is null and (j.of_tenant, j.kind) > (v_tenant, v_kind)
             order by j.of_tenant, j.kind limit 1;
            if not found then
                v_is_all := v_is_round;
                exit when v_is_round;
                v_is_round := true;
                v_tenant := '00000000-0000-0000-0000-000000000000';
                v_kind := '';
                continue;
            end if;
            v_is_all := v_is_round and v_tenant > p_after;
            exit when v_is_all or cardinality(v_tenants) >= p_most and v_tenant <> v_tenants[cardinality(v_tenants)];
            if p_kinds ? v_kind
               and exists (select from core.job j
                            where (j.of_tenant, j.kind, j.run_at) > (v_tenant, v_kind, timestamptz '-infinity')
                              and (j.of_tenant, j.kind, j.run_at) <= (v_tenant, v_kind, v_now) and j.lease is null and j.dead_at is null)
               and exists (select from identity.v_tenant t where t.id = v_tenant and t.status = 'ACTIVE') then
                v_pairs_of := v_pairs_of || v_tenant;
                v_pairs_kind := v_pairs_kind || v_kind;
                if v_tenant is distinct from v_tenants[cardinality(v_tenants)] then
                    v_tenants := v_tenants || v_tenant;
                end if;
            end if;
        end loop;

        v_share := ceil(p_most::numeric / greatest(cardinality(v_tenants), 1));
        v_jobs := array(
            select d.job_id
              from unnest(v_tenants) with ordinality as n (tenant, place)
             cross join lateral (
                   select k.job_id, k.run_at
                     from unnest(v_pairs_of, v_pairs_kind) as p (tenant, kind)
                    cross join lateral (select j.job_id, j.run_at from core.job j
                                         where (j.of_tenant, j.kind, j.run_at) > (p.tenant, p.kind, timestamptz '-infinity')
                                           and (j.of_tenant, j.kind, j.run_at) <= (p.tenant, p.kind, v_now)
                                           and j.lease is null and j.dead_at is null
                                         order by j.of_tenant, j.kind, j.run_at limit v_share for update skip locked) k
                    where p.tenant = n.tenant
                    order by k.run_at limit v_share) d
             order by n.place, d.run_at
             limit p_most);
    end if;

    with gone as (
        update core.job j
           set dead_at = v_now, lease = null, leased_until = null, last_error = coalesce(j.last_error, 'its worker died')
         where j.job_id = any (v_jobs) and j.tries >= (p_kinds ->> j.kind)::integer
        returning j.job_id, j.of_tenant, j.kind)
    select coalesce(json_agg(json_build_object('job_id', g.job_id, 'kind', g.kind)), '[]') into v_dead from gone g;

    with taken as (
        update core.job j
           set lease = v_lease, leased_until = v_now + make_interval(secs => p_lease_s), tries = j.tries + 1
         where j.job_id = any (v_jobs) and j.dead_at is null
        returning j.job_id, j.of_tenant, j.kind, j.payload)
    select coalesce(json_agg(json_build_object('job_id', t.job_id, 'tenant', t.of_tenant, 'kind', t.kind, 'payload', t.payload::text)
                             order by array_position(v_jobs, t.job_id)), '[]')
      into v_taken
      from taken t;
    return json_build_object(
        'lease', v_lease, 'jobs', v_taken, 'dead', v_dead, 'alone', v_is_alone,
        -- the round goes on behind the last tenant that was looked at
        'after', case when cardinality(v_tenants) > 0 then v_tenants[cardinality(v_tenants)]
                      when v_has_looked and not v_is_all then v_tenant else p_after end);
end $$;
comment on function core.job_take(jsonb, uuid, integer, integer, boolean) is
    'Leases due jobs of kinds {"room.name": tries}, fairly by tenant; jobs that were tried too often die instead. Answers {lease, jobs, dead, alone, after}; waits: what a dead worker left is to be taken first, by one that is idle.';

create or replace function core.job_end(p_job uuid, p_lease uuid) returns boolean
    language plpgsql volatile
    as $$
begin
    delete from core.job j where j.job_id = p_job and j.lease = p_lease;
    if not found then
        raise exception using errcode = 'PN409', message = 'core/job_lost', detail = 'The lease is over and somebody else has taken the job.';
    end if;
    return true;
end $$;
comment on function core.job_end(uuid, uuid) is
    'Removes a job in the transaction of its effect, which comes after it: the row''s lock keeps others away. Raises when the lease is not ours any more.';

-- Of two waiting jobs with one key the one that waits already serves.
create or replace function core.job_put_back(p_job uuid, p_lease uuid, p_run_at timestamptz, p_tries integer, p_error text) returns text
    language plpgsql volatile
    as $$
begin
    begin
        update core.job j
           set lease = null, leased_until = null, run_at = coalesce(p_run_at, j.run_at), tries = coalesce(p_tries, j.tries),
               last_error = coalesce(p_error, j.last_error)
         where j.job_id = p_job and j.lease = p_lease;
        return case when found then 'WAITING' end;
    exception when unique_violation then
        delete from core.job j where j.job_id = p_job and j.lease = p_lease;
        return 'SERVED';
    end;
end $$;
comment on function core.job_put_back(uuid, uuid, timestamptz, integer, text) is
    'Lets a job wait again; null when it is not ours. SERVED: another with its key waits already, so this one is gone.';

create or replace function core.job_fail(p_job uuid, p_lease uuid, p_tries_most integer, p_error text) returns text
    language plpgsql volatile
    as $$
declare
    v_tries integer;
begin
    update core.job j
       set dead_at = clock_timestamp(), lease = null, leased_until = null, last_error = p_error
     where j.job_id = p_job and j.lease = p_lease and j.tries >= p_tries_most;
    if found then
        return 'DEAD';
    end if;
    select j.tries into v_tries from core.job j where j.job_id = p_job and j.lease = p_lease;
    return core.job_put_back(p_job, p_lease,
                             clock_timestamp() + least(3600, 2 ^ (least(v_tries, 20) - 1)) * (0.75 + random() / 2) * interval '1 second', null, p_error);
end $$;
comment on function core.job_fail(uuid, uuid, integer, text) is
    'After a failure: waits 1, 2, 4 … seconds, give or take a quarter, at most an hour; dead when tried often enough. Null when it is not ours.';

create or replace function core.job_release(p_job uuid, p_lease uuid) returns text
    language plpgsql volatile
    as $$
begin
    return core.job_put_back(p_job, p_lease, null, (select j.tries - 1 from core.job j where j.job_id = p_job and j.lease = p_lease), null);
end $$;
comment on function core.job_release(uuid, uuid) is 'Gives back a job that was taken and not begun; the try does not count.';

create or replace function core.job_hold(p_jobs jsonb, p_lease_s integer) returns integer
    language plpgsql volatile set enable_seqscan = off
    as $$
declare
    v_count integer;
begin
    -- a row that is locked is being ended
    with ours as (
        select j.job_id
          from jsonb_to_recordset(p_jobs) as h (job_id uuid, lease uuid)
          join core.job j on j.job_id = h.job_id and j.lease = h.lease
           for update of j skip locked)
    update core.job j
       set leased_until = clock_timestamp() + make_interval(secs => p_lease_s)
      from ours o
     where j.job_id = o.job_id;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
comment on function core.job_hold(jsonb, integer) is 'Holds on to jobs [{job_id, lease}] that are still at work.';

-- --- schedules ---

create or replace function core.schedule_tick(p_kinds jsonb, p_is_whole boolean) returns integer
    language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
    as $$
declare
    v_most constant integer := 200;
    v_kind text;
    v_period interval;
    v_tenants uuid[];
    v_count integer := 0;
begin
    perform core.house_demand();
    for v_kind, v_period in select k.key, make_interval(secs => k.value::integer) from jsonb_each_text(p_kinds) k order by k.key loop
        if p_is_whole then
            insert into core.schedule (kind, of_tenant, due_at)
            select v_kind, t.id, clock_timestamp()
              from identity.v_tenant t
             where t.status = 'ACTIVE' and not t.is_operator
               and not exists (select from core.schedule s where s.kind = v_kind and s.of_tenant = t.id)
                on conflict do nothing;
            update core.schedule s set due_at = clock_timestamp() + v_period where s.kind = v_kind and s.due_at > clock_timestamp() + v_period;
        end if;
        with due as (
            select s.of_tenant from core.schedule s where s.kind = v_kind and s.due_at <= clock_timestamp() order by s.due_at limit v_most
               for update skip locked),
        moved as (
            update core.schedule s
               set due_at = s.due_at + v_period * ceil(extract(epoch from clock_timestamp() - s.due_at) / extract(epoch from v_period) + 0.000001)
              from due d
             where s.kind = v_kind and s.of_tenant = d.of_tenant
            returning s.of_tenant)
        select array_agg(m.of_tenant) into v_tenants from moved m;
        v_count := v_count + (select count(core.api_job(t.id, v_kind, '{}', null, 'schedule'))
                                from identity.v_tenant t where t.id = any (v_tenants) and t.status = 'ACTIVE');
    end loop;
    return v_count;
end $$;
comment on function core.schedule_tick(jsonb, boolean) is
    'Makes the jobs that are due by {"room.name": seconds}, one for each active tenant and period, whichever worker comes first; p_is_whole: looks for new tenants too. Answers how many.';

-- --- what is told ---

create or replace function core.job_state(j core.job) returns text
    language sql immutable
    as $$ select case when j.dead_at is not null then 'DEAD' when j.lease is not null then 'RUNNING' else 'WAITING' end $$;
comment on function core.job_state(core.job) is 'WAITING for its time or a worker, RUNNING under a lease, DEAD after too many tries.';

create or replace function core.job_document(j core.job) returns json
    language sql stable
    as $$ select json_build_object('job_id', j.job_id, 'kind', j.kind, 'state', core.job_state(j), 'tries', j.tries, 'run_at', core.rfc3339(j.run_at),
              'created_at', core.rfc3339(j.created_at), 'dead_at', core.rfc3339(j.dead_at), 'last_error', j.last_error) $$;
comment on function core.job_document(core.job) is 'A job as its tenant sees it.';

create or replace function core.job_depth() returns json
    language plpgsql stable set enable_seqscan = off
    as $$
begin
    return json_build_object(
        'oldest_s', (select greatest(0, extract(epoch from clock_timestamp() - min(j.run_at)))::bigint from core.job j
                      where j.lease is null and j.dead_at is null),
        'kinds', (select coalesce(json_agg(json_build_object('kind', c.kind, 'waiting', c.waiting, 'running', c.running, 'dead', c.dead)), '[]')
                    from (select s.kind, count(*) filter (where s.state = 'w') as waiting, count(*) filter (where s.state = 'r') as running,
                                 count(*) filter (where s.state = 'd') as dead
                            from ((select j.kind, 'w' as state from core.job j where j.lease is null and j.dead_at is null
                                    order by j.run_at limit 50000)
                                  union all (select j.kind, 'r' from core.job j where j.lease is not null)
                                  union all (select j.kind, 'd' from core.job j where j.dead_at is not null order by j.job_id limit 50000)) s
                           group by s.kind) c));
end $$;
comment on function core.job_depth() is 'Jobs by kind and state, counted up to 50,000, and the seconds that the oldest due one has waited.';

revoke all on function core.job_take(jsonb, uuid, integer, integer, boolean), core.schedule_tick(jsonb, boolean) from public;
grant execute on function core.job_take(jsonb, uuid, integer, integer, boolean), core.job_end(uuid, uuid),
    core.job_put_back(uuid, uuid, timestamptz, integer, text), core.job_fail(uuid, uuid, integer, text), core.job_release(uuid, uuid),
    core.job_hold(jsonb, integer), core.schedule_tick(jsonb, boolean), core.job_state(core.job), core.job_document(core.job), core.job_depth() to hansa_app;
