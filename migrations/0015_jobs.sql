-- How workers find work (decision 0030): by tenant and kind what waits, by time what is due at all, by lease what a dead worker left.

drop index core.job_due;
drop index core.job_dead;
create index job_due on core.job (of_tenant, kind, run_at) where lease is null and dead_at is null;
create index job_soon on core.job (run_at) where lease is null and dead_at is null;
create index job_leased on core.job (leased_until) where lease is not null;
create index job_dead on core.job (job_id) where dead_at is not null;

alter table core.job drop constraint job_kind_form;
alter table core.job add constraint job_kind_form check (kind ~ '^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$');
alter table core.job add constraint job_dead_unleased check (dead_at is null or lease is null);

-- Rows come and go by the thousand: whatever is left of them is cleared soon and without pauses.
alter table core.job set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
                          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
comment on column core.job.tries is 'How often it was taken; counted when it is taken, so that a job which kills its worker is counted too.';
comment on column core.job.lease is 'Who took it, until leased_until; only the holder may end it. Null while it waits and when it is dead.';
comment on column core.job.last_error is 'SQLSTATE and place of the last failure; no values.';

create table core.schedule (
    kind text not null,
    of_tenant uuid not null,
    due_at timestamptz not null,
    primary key (kind, of_tenant)
);
create index schedule_due on core.schedule (kind, due_at);
comment on table core.schedule is 'When the next job of a kind with `every:` is to be made for a tenant. Common, as the queue is.';
comment on column core.schedule.of_tenant is 'Whose job it will be.';
