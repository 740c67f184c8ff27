--! internal
--! about: Puts a letter into the tenant's inbox, once.
select to_json(probe.receive(:tenant, :job_id, :payload)) as body
