--! job
--! about: Gives the memberships of a delivered order's account their points, each once for an order, and takes them back when the delivery is withdrawn.
select membership.order_earned(:tenant, '{}', (:payload ->> 'object_id')::uuid) as count
