--! job
--! about: Ends an offer whose time is over, if nothing else has ended it.
select to_json(alliances.offer_expire(:tenant, (:payload ->> 'offer_id')::uuid)) as body
