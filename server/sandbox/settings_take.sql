--! internal
--! about: Under the sandbox: takes over the settings of the firm, leaving what it has.
select to_json(sandbox.settings_take(:tenant, :payload)) as body
