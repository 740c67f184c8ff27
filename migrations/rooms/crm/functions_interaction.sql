-- Interactions and tasks: one history of every touch, and what follows from it. Both are the staff's own; callers from outside
-- (a customer's or partner's people) have none of it.

create or replace function crm.is_known_zone(p_zone text) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from core.zone z where z.zone = p_zone);
end $$;
comment on function crm.is_known_zone(text) is 'Is this an IANA zone?';

-- Account and contact of a body: both are there and reached, and the contact is of the account. Gives the account.
create or replace function crm.subject_account(p_tenant uuid, p_reach jsonb, p_body jsonb) returns uuid
    language plpgsql stable
    as $$
declare
    v_account uuid := (p_body ->> 'account_id')::uuid;
    v_contact_account uuid;
begin
    if p_body ->> 'contact_id' is not null then
        v_contact_account := (select c.account_id from crm.contact c where c.tenant_id = p_tenant and c.contact_id = (p_body ->> 'contact_id')::uuid);
        if v_contact_account is null or not crm.api_account_is_reached(p_tenant, p_reach, v_contact_account)
           or (v_account is not null and v_account <> v_contact_account) then
            raise exception using errcode = 'PN422', message = 'crm/no_such_contact', column = '/contact_id',
                detail = 'There is no contact with this id at the account.';
        end if;
        return v_contact_account;
    end if;
    if v_account is not null and (not crm.api_account_is_known(p_tenant, v_account) or not crm.api_account_is_reached(p_tenant, p_reach, v_account)) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    end if;
    return v_account;
end $$;
comment on function crm.subject_account(uuid, jsonb, jsonb) is 'The account that a body is about, by account_id or contact_id; raises when there is none such.';

create or replace function crm.outsider_check(p_reach jsonb) returns void
    language plpgsql stable
    as $$
begin
    if crm.is_outsider(p_reach) then
        raise exception using errcode = 'PN403', message = 'core/forbidden', detail = 'That is for the staff.';
    end if;
end $$;
comment on function crm.outsider_check(jsonb) is 'Raises for a customer''s or partner''s people.';

-- --- tasks ---

create or replace function crm.task_document(p_task crm.task) returns json
    language sql stable
    as $$ select json_build_object('task_id', p_task.task_id, 'title', p_task.title, 'note', p_task.note, 'state', p_task.state,
                                   'assignee_id', p_task.assignee_id, 'account_id', p_task.account_id, 'contact_id', p_task.contact_id,
                                   'opportunity_id', p_task.opportunity_id, 'due_at', core.rfc3339_local(p_task.due_at, p_task.zone), 'zone', p_task.zone,
                                   'is_overdue', p_task.state = 'OPEN' and coalesce(p_task.due_at < now(), false),
                                   'reminder_at', core.rfc3339(p_task.reminder_at), 'reminded_at', core.rfc3339(p_task.reminded_at),
                                   'done_at', core.rfc3339(p_task.done_at), 'created_at', core.rfc3339(p_task.created_at)) $$;
comment on function crm.task_document(crm.task) is 'A task as replies show it.';

-- Who reaches less than the tenant has the tasks of the accounts that he reaches, and his own.
create or replace function crm.task_is_reached(p_tenant uuid, p_reach jsonb, p_actor uuid, p_account uuid, p_assignee uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return not crm.is_outsider(p_reach)
           and (p_reach is null or p_reach = 'null' or coalesce(p_assignee = p_actor, false) or coalesce(crm.api_account_is_reached(p_tenant, p_reach, p_account), false));
end $$;
comment on function crm.task_is_reached(uuid, jsonb, uuid, uuid, uuid) is 'May this caller see a task?';

create or replace function crm.task_told(p_tenant uuid, p_reach jsonb, p_task crm.task, p_body jsonb) returns crm.task
    language plpgsql stable
    as $$
declare
    v_task crm.task := p_task;
begin
    v_task.title := core.patched(p_body, 'title', p_task.title);
    v_task.note := core.patched(p_body, 'note', p_task.note);
    v_task.assignee_id := core.patched(p_body, 'assignee_id', p_task.assignee_id::text)::uuid;
    v_task.contact_id := core.patched(p_body, 'contact_id', p_task.contact_id::text)::uuid;
    v_task.account_id := core.patched(p_body, 'account_id', p_task.account_id::text)::uuid;
    v_task.opportunity_id := core.patched(p_body, 'opportunity_id', p_task.opportunity_id::text)::uuid;
    v_task.due_at := core.patched(p_body, 'due_at', core.rfc3339(p_task.due_at))::timestamptz;
    v_task.zone := core.patched(p_body, 'zone', p_task.zone);
    v_task.reminder_at := core.patched(p_body, 'reminder_at', core.rfc3339(p_task.reminder_at))::timestamptz;
    if v_task.reminder_at is distinct from p_task.reminder_at then
        v_task.reminded_at := null;
    end if;
    if p_body ? 'account_id' or p_body ? 'contact_id' then
        v_task.account_id := crm.subject_account(p_tenant, p_reach, jsonb_build_object('account_id', v_task.account_id, 'contact_id', v_task.contact_id));
    end if;
    if p_body ->> 'assignee_id' is not null then
        perform crm.assignee_check(p_tenant, v_task.assignee_id, '/assignee_id');
    end if;
    if p_body ->> 'opportunity_id' is not null and not sales.api_opportunity_is_reached(p_tenant, p_reach, v_task.opportunity_id) then
        raise exception using errcode = 'PN422', message = 'crm/no_such_opportunity', column = '/opportunity_id',
            detail = 'There is no opportunity with this id.';
    elsif v_task.due_at is not null and v_task.zone is null then
        raise exception using errcode = 'PN422', message = 'crm/zone_unknown', column = '/zone', detail = 'Say in which zone it is due.';
    elsif v_task.zone is not null and not crm.is_known_zone(v_task.zone) then
        raise exception using errcode = 'PN422', message = 'crm/zone_unknown', column = '/zone', detail = 'There is no such zone.';
    end if;
    return v_task;
end $$;
comment on function crm.task_told(uuid, jsonb, crm.task, jsonb) is 'A task''s row after a body or patch.';

create or replace function crm.assignee_check(p_tenant uuid, p_user uuid, p_pointer text) returns void
    language plpgsql stable
    as $$
begin
    if not exists (select from identity.v_app_user u where u.tenant_id = p_tenant and u.user_id = p_user and u.audience = 'STAFF' and u.status <> 'DISABLED') then
        raise exception using errcode = 'PN422', message = 'crm/owner_not_found', column = p_pointer, detail = 'Nobody of your staff has this id.';
    end if;
end $$;
comment on function crm.assignee_check(uuid, uuid, text) is 'Raises when nobody of the staff has this id.';

create or replace function crm.task_add(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns crm.task
    language plpgsql volatile
    as $$
declare
    v_task crm.task;
begin
    perform crm.outsider_check(p_reach);
    v_task := crm.task_told(p_tenant, p_reach, null::crm.task, p_body);
    insert into crm.task (tenant_id, task_id, title, note, assignee_id, account_id, contact_id, opportunity_id, due_at, zone, reminder_at, created_by)
    values (p_tenant, core.uuidv7(), v_task.title, v_task.note, v_task.assignee_id, v_task.account_id, v_task.contact_id, v_task.opportunity_id,
            v_task.due_at, v_task.zone, v_task.reminder_at, p_actor)
    returning * into v_task;
    perform crm.task_remind_later(v_task);
    perform audit.api_note(p_tenant, p_context, 'task', v_task.task_id,
                           (p_body - 'title' - 'note') || jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('title', p_body -> 'title', 'note', p_body -> 'note'))));
    perform core.api_event(p_tenant, 'crm.task.created', 'task', v_task.task_id,
                           jsonb_build_object('assignee_id', v_task.assignee_id, 'account_id', v_task.account_id));
    return v_task;
end $$;
comment on function crm.task_add(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes a task.';

create or replace function crm.task_remind_later(p_task crm.task) returns void
    language plpgsql volatile
    as $$
begin
    if p_task.state = 'OPEN' and p_task.reminder_at is not null and p_task.reminded_at is null then
        perform core.api_job(p_task.tenant_id, 'crm.task_remind', jsonb_build_object('task_id', p_task.task_id), p_task.reminder_at, p_task.task_id::text);
    end if;
end $$;
comment on function crm.task_remind_later(crm.task) is 'Queues the reminder of a task that waits for one.';

-- The job. A reminder that was put off meanwhile is queued again; one that came already, or whose task is done, is no more.
create or replace function crm.task_remind(p_tenant uuid, p_task uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    v_task crm.task;
begin
    select * into v_task from crm.task t where t.tenant_id = p_tenant and t.task_id = p_task for update;
    if not found or v_task.state <> 'OPEN' or v_task.reminder_at is null or v_task.reminded_at is not null then
        return false;
    elsif v_task.reminder_at > clock_timestamp() then
        perform crm.task_remind_later(v_task);
        return false;
    end if;
    update crm.task t set reminded_at = clock_timestamp() where t.tenant_id = p_tenant and t.task_id = p_task;
    perform core.api_event(p_tenant, 'crm.task.reminded', 'task', p_task,
                           jsonb_build_object('assignee_id', v_task.assignee_id, 'account_id', v_task.account_id, 'due_at', core.rfc3339(v_task.due_at)));
    return true;
end $$;
comment on function crm.task_remind(uuid, uuid) is 'Writes crm.task.reminded once for a task whose reminder has come; true when it did.';

create or replace function crm.task_change(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_task uuid, p_if_match text, p_patch jsonb,
                                           p_state text, out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old crm.task;
    v_new crm.task;
    v_changes jsonb;
begin
    select * into v_old from crm.task t where t.tenant_id = p_tenant and t.task_id = p_task for update;
    if not found or not crm.task_is_reached(p_tenant, p_reach, p_actor, v_old.account_id, v_old.assignee_id) then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := crm.task_told(p_tenant, p_reach, v_old, coalesce(p_patch, '{}'));
    if p_state is not null and p_state <> v_old.state then
        if v_old.state <> 'OPEN' and p_state <> 'OPEN' then
            raise exception using errcode = 'PN409', message = 'crm/task_not_open', detail = 'The task is ' || v_old.state || '; reopen it first.', hint = core.steps('{reopen}');
        end if;
        v_new.state := p_state;
        v_new.done_at := case when p_state = 'DONE' then clock_timestamp() end;
    end if;
    v_changes := crm.api_changes_of(to_jsonb(v_old), to_jsonb(v_new));
    if v_changes is not null then
        update crm.task t
           set title = v_new.title, note = v_new.note, assignee_id = v_new.assignee_id, account_id = v_new.account_id, contact_id = v_new.contact_id,
               opportunity_id = v_new.opportunity_id, due_at = v_new.due_at, zone = v_new.zone, reminder_at = v_new.reminder_at,
               reminded_at = v_new.reminded_at, state = v_new.state, done_at = v_new.done_at, version = t.version + 1
         where t.tenant_id = p_tenant and t.task_id = p_task
        returning * into v_new;
        perform crm.task_remind_later(v_new);
        perform audit.api_note(p_tenant, p_context, 'task', p_task,
                               (v_changes - 'title' - 'note') || jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('title', v_changes -> 'title', 'note', v_changes -> 'note'))));
        perform core.api_event(p_tenant, case v_changes -> 'state' ->> 'new' when 'DONE' then 'crm.task.done' when 'CANCELLED' then 'crm.task.cancelled'
                                              when 'OPEN' then 'crm.task.reopened' else 'crm.task.changed' end, 'task', p_task,
                               jsonb_build_object('assignee_id', v_new.assignee_id, 'account_id', v_new.account_id));
    end if;
    body := crm.task_document(v_new);
    version := v_new.version;
end $$;
comment on function crm.task_change(uuid, uuid, jsonb, jsonb, uuid, text, jsonb, text) is
    'Changes a task by a merge patch, its state, or both; null when the caller reaches none.';

-- A page of the list; like crm.accounts_page one dynamic statement.
create or replace function crm.tasks_page(p_tenant uuid, p_reach jsonb, p_actor uuid, p_filters jsonb, p_after text, p_most integer) returns uuid[]
    language plpgsql stable
    as $$
declare
    v_sql text := 'select t.task_id from crm.task t where t.tenant_id = $1 and t.task_id < $2';
    v_accounts uuid[] := case when p_reach is not null then crm.api_accounts_reached(p_tenant, p_reach) end;
    v_name text;
    v_found uuid[];
begin
    if crm.is_outsider(p_reach) then
        return '{}'::uuid[];
    end if;
    foreach v_name in array '{assignee_id,account_id,contact_id,opportunity_id}'::text[] loop
        v_sql := v_sql || case when p_filters ? v_name then format(' and t.%I = ($5 ->> %L)::uuid', v_name, v_name) else '' end;
    end loop;
    v_sql := v_sql
        || case when v_accounts is not null then ' and (t.account_id = any ($4) or t.assignee_id = $6)' else '' end
        || case when p_filters ? 'state' then ' and t.state = $5 ->> ''state''' else '' end
        || case when p_filters ? 'overdue' then ' and t.state = ''OPEN'' and t.due_at < now()' else '' end;
    execute 'select array(' || v_sql || ' order by t.task_id desc limit $3)' into v_found
      using p_tenant, coalesce(p_after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), p_most, v_accounts, p_filters, p_actor;
    return v_found;
end $$;
comment on function crm.tasks_page(uuid, jsonb, uuid, jsonb, text, integer) is 'The newest tasks below p_after that the caller reaches and all filters admit.';

-- --- interactions ---

create or replace function crm.interaction_document(p_interaction crm.interaction) returns json
    language sql stable
    as $$ select json_build_object('interaction_id', p_interaction.interaction_id, 'account_id', p_interaction.account_id,
                                   'contact_id', p_interaction.contact_id, 'channel', p_interaction.channel, 'direction', p_interaction.direction,
                                   'subject', p_interaction.subject, 'summary', p_interaction.summary,
                                   'object', case when p_interaction.object_id is not null then
                                       json_build_object('kind', p_interaction.object_kind, 'id', p_interaction.object_id) end,
                                   'outcome', p_interaction.outcome,
                                   'occurred_at', core.rfc3339_local(p_interaction.occurred_at, p_interaction.zone), 'zone', p_interaction.zone,
                                   'recorded_at', core.rfc3339(p_interaction.recorded_at), 'recorded_by', p_interaction.recorded_by,
                                   'follow_up_task_id', p_interaction.follow_up_task_id) $$;
comment on function crm.interaction_document(crm.interaction) is 'An interaction as replies show it.';

create or replace function crm.interaction_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_account uuid;
    v_task crm.task;
    v_made crm.interaction;
begin
    perform crm.outsider_check(p_reach);
    v_account := crm.subject_account(p_tenant, p_reach, p_body);
    if v_account is null then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id', detail = 'Say with which account or contact it was.';
    elsif p_body ->> 'channel' = 'VISIT' and p_body ->> 'outcome' is null then
        raise exception using errcode = 'PN422', message = 'crm/visit_needs_outcome', column = '/outcome', detail = 'Say whether the visit was a success.';
    elsif p_body ->> 'zone' is not null and not crm.is_known_zone(p_body ->> 'zone') then
        raise exception using errcode = 'PN422', message = 'crm/zone_unknown', column = '/zone', detail = 'There is no such zone.';
    elsif (p_body ->> 'occurred_at')::timestamptz > now() + interval '1 hour' then
        raise exception using errcode = 'PN422', message = 'crm/not_yet', column = '/occurred_at', detail = 'What is to come is a task.';
    end if;
    if p_body -> 'follow_up' is not null and p_body -> 'follow_up' <> 'null' then
        v_task := crm.task_add(p_tenant, p_actor, p_context, p_reach, jsonb_build_object(
            'title', coalesce(p_body #>> '{follow_up,title}', p_body ->> 'subject', left(split_part(p_body ->> 'summary', chr(10), 1), 200)),
            'due_at', p_body #> '{follow_up,due_at}', 'zone', p_body #> '{follow_up,zone}', 'reminder_at', p_body #> '{follow_up,reminder_at}',
            'assignee_id', p_body #> '{follow_up,assignee_id}', 'account_id', v_account, 'contact_id', p_body -> 'contact_id'));
    end if;
    insert into crm.interaction (tenant_id, interaction_id, account_id, contact_id, channel, direction, subject, summary, object_kind, object_id, outcome,
                                 occurred_at, zone, recorded_by, follow_up_task_id)
    values (p_tenant, core.uuidv7(), v_account, (p_body ->> 'contact_id')::uuid, p_body ->> 'channel', p_body ->> 'direction', p_body ->> 'subject',
            p_body ->> 'summary', p_body #>> '{object,kind}', (p_body #>> '{object,id}')::uuid, p_body ->> 'outcome',
            coalesce((p_body ->> 'occurred_at')::timestamptz, now()), p_body ->> 'zone', p_actor, v_task.task_id)
    returning * into v_made;
    perform audit.api_note(p_tenant, p_context, 'interaction', v_made.interaction_id, jsonb_build_object('account_id', v_account, 'channel', v_made.channel,
        'direction', v_made.direction, 'outcome', v_made.outcome, 'follow_up_task_id', v_made.follow_up_task_id, 'personal',
        jsonb_strip_nulls(jsonb_build_object('subject', coalesce(v_made.contact_id, v_made.interaction_id), 'about', p_body -> 'subject', 'summary', p_body -> 'summary'))));
    perform core.api_event(p_tenant, 'crm.interaction.recorded', 'interaction', v_made.interaction_id, jsonb_build_object('account_id', v_account,
        'contact_id', v_made.contact_id, 'channel', v_made.channel, 'direction', v_made.direction, 'outcome', v_made.outcome));
    return crm.interaction_document(v_made);
end $$;
comment on function crm.interaction_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Records a touch, and in the same transaction the task that follows from it.';

grant execute on function crm.is_known_zone(text), crm.subject_account(uuid, jsonb, jsonb), crm.outsider_check(jsonb), crm.task_document(crm.task),
    crm.task_is_reached(uuid, jsonb, uuid, uuid, uuid), crm.task_told(uuid, jsonb, crm.task, jsonb), crm.assignee_check(uuid, uuid, text),
    crm.task_add(uuid, uuid, jsonb, jsonb, jsonb), crm.tasks_page(uuid, jsonb, uuid, jsonb, text, integer), crm.task_remind_later(crm.task), crm.task_remind(uuid, uuid),
    crm.task_change(uuid, uuid, jsonb, jsonb, uuid, text, jsonb, text), crm.interaction_document(crm.interaction),
    crm.interaction_create(uuid, uuid, jsonb, jsonb, jsonb) to hansa_app;
