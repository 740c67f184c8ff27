--! GET /v1/sandbox
--! who:   sandbox:read
--! reach: tenant
--! reply: sandbox.json
--! none:  404 sandbox/sandbox_not_found
--! steps: enter, unit, reply
--! about: The sandbox: its limits, and how far an emptying is.
--! help:  Every firm has one. Test keys (`POST /v1/keys` with `is_test`) work in it and nowhere else, by the same endpoints; live keys and people never meet what is in it.
select k.body from sandbox.sandbox_document(:tenant) as k (body) where k.body is not null
