--! job
--! about: Tells a proof of delivery to the owner of the leg, with photos and signature when the charter grants them.
select to_json(exchange.proof_share(:tenant, (:payload ->> 'object_id')::uuid)) as body
