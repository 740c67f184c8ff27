--! job
--! about: Tells new events of a watched shipment to the tenants that have a part in it.
select to_json(exchange.told_share(:tenant, (:payload ->> 'event_id')::uuid, (:payload ->> 'object_id')::uuid)) as body
