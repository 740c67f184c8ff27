-- Events and the queue, for every room: written in the transaction of the change, so a change without its event cannot be.

create or replace function core.api_job(p_tenant uuid, p_kind text, p_payload jsonb, p_run_at timestamptz default null, p_key text default null)
    returns boolean
    language sql volatile
    as $$ insert into core.job as j (job_id, of_tenant, kind, key, payload, run_at)
          values (core.uuidv7(), p_tenant, p_kind, p_key, p_payload, coalesce(p_run_at, clock_timestamp()))
              on conflict (of_tenant, kind, key) where key is not null and lease is null and dead_at is null
              do update set run_at = least(j.run_at, excluded.run_at)
          returning true $$;
comment on function core.api_job(uuid, text, jsonb, timestamptz, text) is
    'Queues work; it runs when the caller''s transaction commits, never otherwise. With a key, one that waits already serves, at the earlier time.';

create or replace function core.api_event(p_tenant uuid, p_type text, p_object_kind text, p_object_id uuid, p_data jsonb default '{}')
    returns uuid
    language plpgsql volatile
    as $$
declare
    v_event uuid := core.uuidv7();
begin
    insert into core.event (tenant_id, event_id, type, object_kind, object_id, data)
    values (p_tenant, v_event, p_type, p_object_kind, p_object_id, p_data);
    insert into core.job (job_id, of_tenant, kind, payload, run_at)
    select core.uuidv7(), p_tenant, s.job_kind, jsonb_build_object('event_id', v_event, 'type', p_type, 'object_id', p_object_id), clock_timestamp()
      from core.subscription s
     where s.event_type = p_type;
    return v_event;
end $$;
comment on function core.api_event(uuid, text, text, uuid, jsonb) is
    'Writes that something happened (room.noun.verb) to an object, and queues the work of everybody who subscribed to it.';

grant execute on function core.api_job(uuid, text, jsonb, timestamptz, text), core.api_event(uuid, text, text, uuid, jsonb) to hansa_app;

-- Of one tenant, behind its wall; the application role itself may delete none. An id tells the moment it was made.
create or replace function core.event_sweep(p_tenant uuid, p_days integer) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_most constant integer := 5000;
    v_count integer;
begin
    delete from core.event e
     where e.tenant_id = p_tenant
       and e.event_id in (select o.event_id from core.event o
                           where o.tenant_id = p_tenant
                             and o.event_id < core.uuidv7_at((extract(epoch from now() - make_interval(days => p_days)) * 1000000)::bigint)
                           order by o.event_id limit v_most);
    get diagnostics v_count = row_count;
    if v_count = v_most then
        perform core.api_job(p_tenant, 'core.event_retention', '{}', null, 'more');
    end if;
    return v_count;
end $$;
comment on function core.event_sweep(uuid, integer) is 'Forgets up to 5,000 events older than so many days, and queues itself again when there may be more. Answers how many.';
revoke all on function core.event_sweep(uuid, integer) from public;
grant execute on function core.event_sweep(uuid, integer) to hansa_app;
