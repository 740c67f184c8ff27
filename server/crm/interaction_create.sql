--! POST /v1/interactions
--! who:   crm:note
--! body:  interaction_create.json
--! reply: interaction.json
--! ok:    201
--! error: 422 crm/account_not_found
--! error: 422 crm/no_such_contact
--! error: 422 crm/visit_needs_outcome
--! error: 422 crm/zone_unknown
--! error: 422 crm/owner_not_found
--! error: 422 crm/not_yet
--! about: Records a touch with an account over any channel; the task that follows from it is made in the same transaction.
--! help:  One history for all staff. What was recorded stays; a correction is a further entry.
select made.body, '/v1/interactions/' || (made.body ->> 'interaction_id') as location
  from crm.interaction_create(:tenant, :actor, :context, :reach, :body) as made (body)
