-- Snapshots: an analysis as it was, made every night and whenever somebody asks.

create or replace function insight.snapshot_document(p_snapshot insight.snapshot) returns json
    language sql stable
    as $$ select json_build_object(
              'snapshot_id', p_snapshot.snapshot_id, 'cause', p_snapshot.cause, 'basis', p_snapshot.basis, 'currency', p_snapshot.currency,
              'months', p_snapshot.months, 'from', p_snapshot.from_day, 'to', p_snapshot.to_day, 'is_own_cuts', p_snapshot.is_own_cuts,
              'r_cuts', (select json_agg(insight.decimal_text(c) order by o) from unnest(p_snapshot.r_cuts) with ordinality u (c, o)),
              'f_cuts', (select json_agg(insight.decimal_text(c) order by o) from unnest(p_snapshot.f_cuts) with ordinality u (c, o)),
              'm_cuts', (select json_agg(insight.decimal_text(c) order by o) from unnest(p_snapshot.m_cuts) with ordinality u (c, o)),
              'a_limit', insight.decimal_text(p_snapshot.a_limit), 'b_limit', insight.decimal_text(p_snapshot.b_limit),
              'account_count', p_snapshot.account_count, 'total', insight.decimal_text(p_snapshot.total), 'proposes_tiers', p_snapshot.proposes_tiers,
              'created_at', core.rfc3339(p_snapshot.created_at)) $$;
comment on function insight.snapshot_document(insight.snapshot) is 'A snapshot as replies show it.';

-- Analyses are for the firm's own people, whatever they reach of its accounts.
create or replace function insight.is_staff(p_reach jsonb) returns boolean
    language sql immutable parallel safe
    as $$ select p_reach is null or p_reach = 'null' or p_reach ->> 'kind' in ('OWN', 'UNIT') $$;
comment on function insight.is_staff(jsonb) is 'Is the caller one of the firm''s own people?';

create or replace function insight.grade_document(p_tenant uuid, p_grade insight.grade) returns json
    language plpgsql stable
    as $$
declare
    s insight.snapshot;
begin
    select * into s from insight.snapshot k where k.tenant_id = p_tenant and k.snapshot_id = p_grade.snapshot_id;
    return json_build_object(
        'account_id', p_grade.account_id,
        'account', (select a.customer from crm.v_account a where a.tenant_id = p_tenant and a.account_id = p_grade.account_id),
        'cell', concat(p_grade.r, p_grade.f, p_grade.m), 'last_day', p_grade.last_day,
        'recency', insight.reason(p_grade.r, (s.to_day - p_grade.last_day)::numeric, 'DAYS', p_grade.r_rank, s.account_count, s.r_cuts, 'at most'),
        'frequency', insight.reason(p_grade.f, p_grade.frequency, s.basis, p_grade.f_rank, s.account_count, s.f_cuts, 'at least'),
        'monetary', insight.reason(p_grade.m, p_grade.value, coalesce(s.currency, 'KG'), p_grade.m_rank, s.account_count, s.m_cuts, 'at least'),
        'class', p_grade.abc, 'before', insight.percent(p_grade.before, s.total));
end $$;
comment on function insight.grade_document(uuid, insight.grade) is 'What an account was in a snapshot, as replies show it.';

-- Null when tonight's was made before.
create or replace function insight.snapshot_make(p_tenant uuid, p_context jsonb, p_cause text, q insight.question, p_proposes boolean) returns insight.snapshot
    language plpgsql volatile
    as $$
declare
    v_all insight.graded[];
    v_first insight.graded;
    v_snapshot insight.snapshot;
begin
    v_all := array(select g from insight.graded_now(p_tenant, q) g);
    v_first := v_all[1];
    insert into insight.snapshot (tenant_id, snapshot_id, cause, basis, currency, months, from_day, to_day, is_own_cuts, r_cuts, f_cuts, m_cuts,
                                  a_limit, b_limit, account_count, total, proposes_tiers, created_by)
    values (p_tenant, core.uuidv7(), p_cause, q.basis, q.currency, q.months, q.from_day, q.to_day,
            coalesce(q.r_cuts, q.f_cuts, q.m_cuts) is not null, coalesce(v_first.r_cuts, q.r_cuts, array_fill(null::numeric, array[4])),
            coalesce(v_first.f_cuts, q.f_cuts, array_fill(null::numeric, array[4])), coalesce(v_first.m_cuts, q.m_cuts, array_fill(null::numeric, array[4])),
            q.a_limit, q.b_limit, cardinality(v_all), coalesce(v_first.total, 0), p_proposes, (p_context ->> 'actor_id')::uuid)
    on conflict (tenant_id, basis, months, to_day, (coalesce(currency, ''))) where cause = 'NIGHTLY' do nothing
    returning * into v_snapshot;
    if v_snapshot.snapshot_id is null then
        return null;
    end if;
    insert into insight.grade (tenant_id, snapshot_id, account_id, last_day, frequency, value, r, f, m, r_rank, f_rank, m_rank, before, abc)
    select p_tenant, v_snapshot.snapshot_id, g.account_id, g.last_day, g.frequency, g.value, g.r, g.f, g.m, g.r_rank, g.f_rank, g.m_rank, g.before, g.abc
      from unnest(v_all) g;
    perform audit.api_note(p_tenant, coalesce(p_context, '{}'), 'snapshot', v_snapshot.snapshot_id,
                           jsonb_build_object('basis', q.basis, 'currency', q.currency, 'to', q.to_day, 'accounts', v_snapshot.account_count));
    perform core.api_event(p_tenant, 'insight.snapshot.made', 'snapshot', v_snapshot.snapshot_id,
                           jsonb_build_object('basis', q.basis, 'currency', q.currency, 'accounts', v_snapshot.account_count));
    return v_snapshot;
end $$;
comment on function insight.snapshot_make(uuid, jsonb, text, insight.question, boolean) is 'Analyses and keeps it.';

-- Who asks for proposals of tiers and gets none must know why.
create or replace function insight.proposable(p_tenant uuid, q insight.question) returns void
    language plpgsql stable
    as $$
declare
    v_counted text := (select string_agg(concat_ws(' ', w.basis, w.currency) || ' over ' || w.months || ' months', ', ' order by w.basis, w.currency, w.months)
                         from membership.api_windows(p_tenant) w);
begin
    if not exists (select from membership.api_windows(p_tenant) w
                    where w.basis = q.basis and w.months = q.months and w.currency is not distinct from q.currency) then
        raise exception using errcode = 'PN422', message = 'insight/proposes_nothing', column = '/proposes_tiers',
            detail = coalesce('Programs count ' || v_counted || '; an analysis of something else says nothing of their tiers.',
                              'There is no program of membership whose tiers could be proposed.');
    end if;
end $$;
comment on function insight.proposable(uuid, insight.question) is 'Refuses an analysis that no program counts by.';

create or replace function insight.snapshot_create(p_tenant uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_proposes constant boolean := coalesce((p_body ->> 'proposes_tiers')::boolean, false);
    q constant insight.question :=
        insight.asked(p_tenant, p_body ->> 'basis', p_body ->> 'currency', (p_body ->> 'until')::date, coalesce((p_body ->> 'months')::integer, 12),
                      p_body ->> 'r_cuts', p_body ->> 'f_cuts', p_body ->> 'm_cuts', (p_body ->> 'a_limit')::numeric, (p_body ->> 'b_limit')::numeric);
begin
    if v_proposes then
        perform insight.proposable(p_tenant, q);
    end if;
    return insight.snapshot_document(insight.snapshot_make(p_tenant, p_context, 'ASKED', q, v_proposes));
end $$;
comment on function insight.snapshot_create(uuid, jsonb, jsonb) is 'Makes a snapshot that was asked for.';

-- Up to yesterday, so that a snapshot does not change during its day: shipments, orders in each money that there was, and what
-- programs count by even when there was nothing, since who did no business may lose a tier.
create or replace function insight.nightly(p_tenant uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_zone text := (select t.zone from identity.v_tenant t where t.id = p_tenant);
    v_day date := (now() at time zone v_zone)::date - 1;
    v_count integer := 0;
    v_one record;
    v_made insight.snapshot;
begin
    for v_one in
        select n.basis, n.currency, n.months
          from (select 'SHIPMENTS' as basis, null::text as currency, 12 as months
                union select 'ORDERS', c, 12
                  from insight.order_currencies(p_tenant, (v_day + 1 - interval '12 months')::date, v_day, v_zone) c
                union select w.basis, w.currency, w.months from membership.api_windows(p_tenant) w) n
         order by n.basis, n.currency, n.months
    loop
        v_made := insight.snapshot_make(p_tenant, null, 'NIGHTLY',
            insight.asked(p_tenant, v_one.basis, v_one.currency, v_day, v_one.months, null, null, null, null, null), true);
        v_count := v_count + (v_made.snapshot_id is not null)::integer;
    end loop;
    return v_count;
end $$;
comment on function insight.nightly(uuid) is 'Makes the snapshots of a night that are not there yet; answers how many it made.';

grant execute on function insight.snapshot_document(insight.snapshot), insight.is_staff(jsonb), insight.grade_document(uuid, insight.grade), insight.snapshot_make(uuid, jsonb, text, insight.question, boolean),
    insight.proposable(uuid, insight.question), insight.snapshot_create(uuid, jsonb, jsonb), insight.nightly(uuid) to hansa_app;
