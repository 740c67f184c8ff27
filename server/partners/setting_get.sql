--! GET /v1/partners/settings
--! who:   partners:read
--! reach: tenant
--! reply: setting.json
--! about: How you deal with your partners.
select partners.setting_document(:tenant) as body
