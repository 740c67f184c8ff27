--! job
--! tries: 8
--! about: Writes crm.task.reminded once when the reminder of a task has come.
select json_build_object('was_reminded', crm.task_remind(:tenant, (:payload ->> 'task_id')::uuid)) as body
