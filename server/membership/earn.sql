--! job
--! about: Gives the memberships of a delivered order's account their points, each once for an order.
select membership.order_earned(:tenant, '{}', (:payload ->> 'object_id')::uuid) as count
