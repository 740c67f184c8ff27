--! PUT /v1/privacy/retention
--! who:   privacy:retention
--! reach: tenant
--! body:  retention_set.json
--! reply: retention.json
--! error: 422 privacy/days_too_few
--! about: Sets how long the tenant keeps what names people.
--! help:  Older data is deleted or emptied within an hour; this cannot be undone.
select privacy.retention_set(:tenant, :context, :body -> 'classes') as body
