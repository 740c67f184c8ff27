--! POST /v1/tasks/{task_id}/cancel
--! who:   crm:note
--! path:  task_id uuid -- The task.
--! reply: task.json
--! none:  404 crm/task_not_found
--! error: 409 crm/task_not_open
--! about: Says that a task will not be done.
select done.body, done.version from crm.task_change(:tenant, :actor, :context, :reach, :task_id, null, null, 'CANCELLED') as done where done.body is not null
