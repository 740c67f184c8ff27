--! job
--! about: Brings an order up to date with its shipments after one of them was told something.
select orders.order_roll_up(:tenant, (:payload ->> 'object_id')::uuid) as done
