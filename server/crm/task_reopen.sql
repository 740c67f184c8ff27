--! POST /v1/tasks/{task_id}/reopen
--! who:   crm:note
--! path:  task_id uuid -- The task.
--! reply: task.json
--! none:  404 crm/task_not_found
--! about: Opens a task again that was done or cancelled.
select done.body, done.version from crm.task_change(:tenant, :actor, :context, :reach, :task_id, null, null, 'OPEN') as done where done.body is not null
