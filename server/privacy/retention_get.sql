--! GET /v1/privacy/retention
--! who:   privacy:read
--! reach: tenant
--! reply: retention.json
--! about: How long the tenant keeps what names people.
select privacy.retention_document(:tenant) as body
