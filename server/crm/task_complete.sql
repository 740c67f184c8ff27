--! POST /v1/tasks/{task_id}/complete
--! who:   crm:note
--! path:  task_id uuid -- The task.
--! reply: task.json
--! none:  404 crm/task_not_found
--! error: 409 crm/task_not_open
--! about: Says that a task is done; one that is done stays so.
select done.body, done.version from crm.task_change(:tenant, :actor, :context, :reach, :task_id, null, null, 'DONE') as done where done.body is not null
