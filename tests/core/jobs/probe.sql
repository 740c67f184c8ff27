-- What the probe's jobs work on; made in the test's own database.
create schema probe;
create table probe.run (run_id bigserial primary key, tenant_id uuid not null, job_id uuid not null, kind text not null, payload jsonb,
                        context jsonb, at timestamptz not null default clock_timestamp());
create table probe.start (tenant_id uuid, job_id uuid, at timestamptz default clock_timestamp());
create table probe.letter (tenant_id uuid not null, letter_id uuid not null default gen_random_uuid(), to_tenant uuid, body jsonb,
                           sent integer not null default 0, primary key (tenant_id, letter_id));
create table probe.inbox (tenant_id uuid not null, job_id uuid not null, body jsonb, primary key (tenant_id, job_id));
alter table probe.run enable row level security;
alter table probe.letter enable row level security;
alter table probe.inbox enable row level security;
create policy wall on probe.run using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
create policy wall on probe.letter using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
create policy wall on probe.inbox using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

create function probe.ran(p_tenant uuid, p_job uuid, p_kind text, p_payload jsonb, p_context jsonb) returns bigint
    language plpgsql volatile as $$
declare
    v_run bigint;
begin
    -- two that run at once would both hold it: one waits and then finds its row there
    if not pg_try_advisory_xact_lock(hashtext(p_job::text)) then
        insert into probe.run (tenant_id, job_id, kind) values (p_tenant, p_job, 'twice at once');
        return 0;
    end if;
    insert into probe.run (tenant_id, job_id, kind, payload, context) values (p_tenant, p_job, p_kind, p_payload, p_context) returning run_id into v_run;
    perform pg_sleep(coalesce((p_payload ->> 'sleep')::numeric, 0)::float);
    if p_payload ? 'next' then
        perform core.api_job(p_tenant, p_kind, p_payload -> 'next');
    end if;
    if p_payload ? 'divide' then
        return 1 / (p_payload ->> 'divide')::integer;
    elsif p_payload ? 'raise' then
        raise exception using errcode = 'PN422', message = 'probe/refused', detail = 'secret canary';
    elsif p_payload ? 'kill' then
        perform probe.kill_me();
    end if;
    return v_run;
end $$;
create function probe.kill_me() returns void language plpgsql as $$
begin
    perform pg_sleep(60);
end $$;
create function probe.receive(p_tenant uuid, p_job uuid, p_body jsonb) returns boolean
    language plpgsql volatile as $$
begin
    insert into probe.inbox (tenant_id, job_id, body) values (p_tenant, p_job, p_body) on conflict do nothing;
    perform pg_sleep(coalesce((p_body ->> 'sleep')::numeric, 0)::float);
    return true;
end $$;
grant usage on schema probe to hansa_app;
grant select, insert, update on probe.run, probe.letter, probe.inbox to hansa_app;
grant usage on sequence probe.run_run_id_seq to hansa_app;
grant execute on all functions in schema probe to hansa_app;
