--! GET /v1/tasks/{task_id}
--! who:   crm:read
--! path:  task_id uuid -- The task.
--! reply: task.json
--! none:  404 crm/task_not_found
--! about: One task.
select crm.task_document(t) as body, t.version
  from crm.task t
 where t.tenant_id = :tenant and t.task_id = :task_id
--? reach: and crm.task_is_reached(:tenant, :reach, :actor, t.account_id, t.assignee_id)
