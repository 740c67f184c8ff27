--! POST /v1/tasks
--! who:   crm:note
--! body:  task_create.json
--! reply: task.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 crm/no_such_contact
--! error: 422 crm/no_such_opportunity
--! error: 422 crm/owner_not_found
--! error: 422 crm/zone_unknown
--! about: Makes a task, perhaps for somebody, by some time, about an account, contact or opportunity.
select crm.task_document(made) as body, made.version, '/v1/tasks/' || made.task_id as location
  from crm.task_add(:tenant, :actor, :context, :reach, :body) as made
