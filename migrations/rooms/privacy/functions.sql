-- Export, erasure and retention: asks each room for its part. A room that comes to hold personal data gets a person.sql and is
-- named here, and its columns in register.sql; a test compares that with the catalogue.

-- Who is meant: every id and e-mail that belongs to the same person in some room. Null when nobody is.
create or replace function privacy.person(p_tenant uuid, p_subject jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_ids uuid[] := array_remove(array[(p_subject ->> 'user_id')::uuid, (p_subject ->> 'contact_id')::uuid], null);
    v_emails text[] := array_remove(array[lower(p_subject ->> 'email')], null);
    v_found uuid[];
    v_names text[] := array_remove(array[p_subject -> 'receiver' ->> 'name'], null);
    v_now text[];
begin
    if coalesce(p_subject -> 'user_id', p_subject -> 'contact_id', p_subject -> 'email', p_subject -> 'receiver') is null then
        raise exception using errcode = 'PN422', message = 'privacy/subject_unclear', column = '/subject',
            detail = 'Give user_id, contact_id, email or receiver.';
    end if;
    -- twice: an id tells an e-mail, and that e-mail other ids
    for i in 1..2 loop
        select coalesce(array_agg(distinct f.id), '{}'), v_emails || coalesce(array_agg(distinct f.email) filter (where f.email is not null), '{}'),
               coalesce(array_agg(distinct f.name), '{}')
          into v_found, v_emails, v_now
          from (select * from identity.api_person_find(p_tenant, v_ids, v_emails)
                union all select * from crm.api_person_find(p_tenant, v_ids, v_emails)) f;
        v_ids := v_found;
        v_names := v_names || v_now;
    end loop;
    if v_ids = '{}' and p_subject -> 'receiver' is null then
        return null;
    end if;
    return jsonb_build_object('ids', to_jsonb(v_ids), 'receiver', p_subject -> 'receiver',
                              'texts', to_jsonb(array(select distinct t from unnest(v_emails || v_names) t where length(t) >= 3)));
end $$;
comment on function privacy.person(uuid, jsonb) is '{"ids": […], "receiver": {…}, "texts": names and addresses} of who is meant, or null.';

create or replace function privacy.person_export(p_tenant uuid, p_context jsonb, p_subject jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_person jsonb := privacy.person(p_tenant, p_subject);
    v_held jsonb;
begin
    if v_person is null then
        return null;
    end if;
    v_held := jsonb_strip_nulls(identity.api_person_held(p_tenant, v_person) || crm.api_person_held(p_tenant, v_person)
                                || sales.api_person_held(p_tenant, v_person)
                                || orders.api_person_held(p_tenant, v_person) || tracking.api_person_held(p_tenant, v_person)
                                || files.api_person_held(p_tenant, v_person)
                                || exchange.api_person_held(p_tenant, v_person) || audit.api_person_held(p_tenant, v_person));
    perform audit.api_note_read(p_tenant, p_context, 'person', (v_person -> 'ids' ->> 0)::uuid,
                                jsonb_build_object('tables', (select jsonb_agg(k order by k) from jsonb_object_keys(v_held) k)));
    return json_build_object('ids', v_person -> 'ids', 'made_at', core.rfc3339(now()), 'held', v_held,
                             'namesakes', orders.api_person_namesakes(p_tenant, v_person));
end $$;
comment on function privacy.person_export(uuid, jsonb, jsonb) is 'All that is held on a person, by table; noted in the audit trail. Null when nobody is meant.';

create or replace function privacy.person_erase(p_tenant uuid, p_context jsonb, p_subject jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_person jsonb := privacy.person(p_tenant, p_subject);
    v_shipments uuid[];
    v_rows jsonb;
    v_erasure uuid := core.uuidv7();
    v_subject uuid;
begin
    if v_person is null then
        return null;
    end if;
    v_subject := coalesce((v_person -> 'ids' ->> 0)::uuid, v_erasure);
    v_shipments := orders.api_person_shipments(p_tenant, v_person);
    v_rows := identity.api_person_erase(p_tenant, p_context, v_person) || sales.api_person_erase(p_tenant, v_person)
              || crm.api_person_erase(p_tenant, v_person)
              || tracking.api_person_erase(p_tenant, v_person, v_shipments) || orders.api_person_erase(p_tenant, v_person)
              || exchange.api_person_erase(p_tenant, v_person) || files.api_person_erase(p_tenant, v_person, v_shipments);
    v_rows := v_rows || jsonb_build_object('core.idempotency',
                  core.answers_forget(p_tenant, array(select t from jsonb_array_elements_text(v_person -> 'texts') t)));
    -- last, so that what the steps before noted is unreadable, too
    v_rows := v_rows || audit.api_person_erase(p_tenant, v_person);
    insert into privacy.erasure (tenant_id, erasure_id, subject_id, erased_by, rows)
    values (p_tenant, v_erasure, v_subject, (p_context ->> 'actor_id')::uuid, v_rows);
    perform audit.api_note(p_tenant, p_context, 'person', v_subject, jsonb_build_object('erased', v_rows));
    return json_build_object('erasure_id', v_erasure, 'subject_id', v_subject, 'erased_at', core.rfc3339(now()), 'rows', v_rows,
                             'namesakes', orders.api_person_namesakes(p_tenant, v_person));
end $$;
comment on function privacy.person_erase(uuid, jsonb, jsonb) is 'Erases a person; answers how many rows of each table. Null when nobody is meant.';

create or replace function privacy.retention_days(p_tenant uuid) returns jsonb
    language plpgsql stable
    as $$
begin
    return (select jsonb_object_agg(c.class, coalesce(r.days, c.default_days))
              from privacy.retention_class c
              left join privacy.retention r on r.tenant_id = p_tenant and r.class = c.class);
end $$;
comment on function privacy.retention_days(uuid) is 'Days of each class for the tenant.';

create or replace function privacy.retention_document(p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('classes', json_agg(json_build_object(
                       'class', c.class, 'days', coalesce(r.days, c.default_days), 'default_days', c.default_days,
                       'minimum_days', c.minimum_days, 'about', c.about) order by c.class))
              from privacy.retention_class c
              left join privacy.retention r on r.tenant_id = p_tenant and r.class = c.class);
end $$;
comment on function privacy.retention_document(uuid) is 'How long each class is kept.';

create or replace function privacy.retention_set(p_tenant uuid, p_context jsonb, p_classes jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_wrong record;
    v_before jsonb := privacy.retention_days(p_tenant);
    v_changes jsonb;
begin
    select g.ordinality - 1 as place, c.minimum_days into v_wrong
      from rows from (jsonb_to_recordset(p_classes) as (class text, days integer)) with ordinality as g
      join privacy.retention_class c on c.class = g.class
     where g.days < c.minimum_days
     order by g.ordinality
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'privacy/days_too_few', column = '/classes/' || v_wrong.place || '/days',
            detail = 'At least ' || v_wrong.minimum_days || ' days.';
    end if;
    insert into privacy.retention as r (tenant_id, class, days)
    select distinct on (g.class) p_tenant, g.class, g.days
      from jsonb_to_recordset(p_classes) as g (class text, days integer)
      join privacy.retention_class c on c.class = g.class
     order by g.class
    on conflict (tenant_id, class) do update set days = excluded.days where r.days <> excluded.days;
    select jsonb_object_agg(a.key, jsonb_build_object('old', v_before -> a.key, 'new', a.value)) into v_changes
      from jsonb_each(privacy.retention_days(p_tenant)) a
     where a.value <> v_before -> a.key;
    if v_changes is not null then
        perform audit.api_note(p_tenant, p_context, 'retention', null, v_changes);
    end if;
    return privacy.retention_document(p_tenant);
end $$;
comment on function privacy.retention_set(uuid, jsonb, jsonb) is 'Sets days of the classes that are named; answers all.';

-- A piece of the timer's work; `more` while some class was not done at once.
create or replace function privacy.retention_apply(p_tenant uuid) returns json
    language plpgsql volatile
    as $$
declare
    v_days jsonb := privacy.retention_days(p_tenant);
    v_gone jsonb;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('privacy.retention ' || p_tenant, 0)) then
        return null;
    end if;
    v_gone := identity.api_retention_apply(p_tenant, v_days) || orders.api_retention_apply(p_tenant, v_days)
              || tracking.api_retention_apply(p_tenant, v_days) || exchange.api_retention_apply(p_tenant, v_days)
              || audit.api_retention_apply(p_tenant, v_days);
    select jsonb_object_agg(g.key, g.value) into v_gone from jsonb_each(v_gone) g where g.value <> '0';
    if v_gone is null then
        return null;
    end if;
    perform audit.api_note(p_tenant, null, 'retention', null, jsonb_build_object('gone', v_gone));
    return json_build_object('gone', v_gone, 'more', (select bool_or(g.value::integer >= 1000) from jsonb_each_text(v_gone) g));
end $$;
comment on function privacy.retention_apply(uuid) is 'Deletes what is older than the tenant keeps it; null when nothing was.';

grant execute on function privacy.person(uuid, jsonb), privacy.person_export(uuid, jsonb, jsonb), privacy.person_erase(uuid, jsonb, jsonb),
    privacy.retention_days(uuid), privacy.retention_document(uuid), privacy.retention_set(uuid, jsonb, jsonb),
    privacy.retention_apply(uuid) to hansa_app;
