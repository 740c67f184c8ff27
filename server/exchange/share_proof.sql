--! job
--! about: Tells a proof of delivery to the owner of the leg.
select to_json(exchange.proof_share(:tenant, (:payload ->> 'object_id')::uuid)) as body
