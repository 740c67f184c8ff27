-- The operator's hand on the queue. The table is common and holds ids only; each function asks whether the unit is the operator's.

create or replace function operator.job_document(j core.job) returns json
    language sql stable
    as $$ select json_build_object('job_id', j.job_id, 'tenant_id', j.of_tenant, 'kind', j.kind,
              'state', core.job_state(j),
              'key', j.key, 'tries', j.tries, 'run_at', core.rfc3339(j.run_at), 'created_at', core.rfc3339(j.created_at),
              'leased_until', core.rfc3339(j.leased_until), 'dead_at', core.rfc3339(j.dead_at), 'last_error', j.last_error, 'payload', j.payload) $$;
comment on function operator.job_document(core.job) is 'A job as the operator''s replies show it.';

create or replace function operator.jobs(p_operator uuid, p_below uuid, p_most integer, p_kind text, p_state text, p_tenant uuid)
    returns table (job_id uuid, body json)
    language plpgsql stable
    as $$
begin
    perform operator.demand(p_operator);
    return query
        select j.job_id, operator.job_document(j)
          from core.job j
         where j.job_id < coalesce(p_below, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           and (p_kind is null or j.kind = p_kind)
           and (p_tenant is null or j.of_tenant = p_tenant)
           and case p_state when 'DEAD' then j.dead_at is not null when 'RUNNING' then j.lease is not null
                            when 'WAITING' then j.lease is null and j.dead_at is null else true end
         order by j.job_id desc
         limit p_most;
end $$;
comment on function operator.jobs(uuid, uuid, integer, text, text, uuid) is 'A page of jobs, newest first.';

create or replace function operator.job(p_operator uuid, p_job uuid) returns json
    language plpgsql stable
    as $$
begin
    perform operator.demand(p_operator);
    return (select operator.job_document(j) from core.job j where j.job_id = p_job);
end $$;
comment on function operator.job(uuid, uuid) is 'One job, or null.';

create or replace function operator.job_replay(p_operator uuid, p_job uuid, out is_there boolean, out body json)
    language plpgsql volatile
    as $$
begin
    perform operator.demand(p_operator);
    update core.job j set dead_at = null, tries = 0, run_at = clock_timestamp()
     where j.job_id = p_job and j.dead_at is not null
    returning operator.job_document(j) into body;
    is_there := body is not null or exists (select from core.job j where j.job_id = p_job);
end $$;
comment on function operator.job_replay(uuid, uuid) is 'Lets a dead job wait again; body is null when it is not dead.';

create or replace function operator.job_delete(p_operator uuid, p_job uuid, out is_there boolean, out body json)
    language plpgsql volatile
    as $$
begin
    perform operator.demand(p_operator);
    delete from core.job j where j.job_id = p_job and j.dead_at is not null
    returning operator.job_document(j) into body;
    is_there := body is not null or exists (select from core.job j where j.job_id = p_job);
end $$;
comment on function operator.job_delete(uuid, uuid) is 'Forgets a dead job; body is null when it is not dead.';

grant execute on function operator.demand(uuid), operator.job_document(core.job), operator.jobs(uuid, uuid, integer, text, text, uuid),
    operator.job(uuid, uuid), operator.job_replay(uuid, uuid), operator.job_delete(uuid, uuid) to hansa_app;
