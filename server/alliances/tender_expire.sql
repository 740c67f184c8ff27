--! job
--! about: Ends a tender whose time is over, if nothing else has ended it.
select to_json(alliances.tender_expire(:tenant, (:payload ->> 'tender_id')::uuid)) as body
