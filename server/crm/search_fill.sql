--! job
--! every: 24 hours
--! lane:  slow
--! about: Lets search find accounts and contacts that have no entry yet, five hundred at a time.
select json_build_object('made', crm.search_fill(:tenant, 500)) as body
