--! GET /v1/tasks
--! who:   crm:read
--! query: state choice(OPEN|DONE|CANCELLED) -- Only tasks in this state.
--! query: whose choice(MINE) -- Only your own.
--! query: assignee_id uuid -- Only tasks of this person.
--! query: due choice(OVERDUE) -- Only tasks that are open and late.
--! query: account_id uuid -- Only tasks about this account.
--! query: contact_id uuid -- Only tasks about this contact.
--! query: opportunity_id uuid -- Only tasks about this opportunity.
--! reply: task.json
--! list:  yes
--! about: Tasks that you reach, newest first: those of the accounts that you reach, and your own.
select coalesce(json_agg(p.body order by p.place) filter (where p.place <= :limit), '[]'::json) as body,
       max(p.task_id::text) filter (where p.place = :limit and p.total > :limit) as next
  from (select k.task_id, row_number() over (order by k.task_id desc) as place, count(*) over () as total, crm.task_document(k) as body
          from crm.task k
         where k.tenant_id = :tenant
           and k.task_id = any ((select crm.tasks_page(:tenant, :reach, :actor, jsonb_strip_nulls(jsonb_build_object(
                   'state', :state::text, 'assignee_id', case when :whose::text is not null then :actor else :assignee_id::uuid end,
                   'overdue', :due::text, 'account_id', :account_id::uuid, 'contact_id', :contact_id::uuid,
                   'opportunity_id', :opportunity_id::uuid)), :after, :limit + 1))::uuid[])) p
