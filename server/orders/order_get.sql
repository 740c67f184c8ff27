--! GET /v1/orders/{order_id}
--! who:   orders:read
--! path:  order_id uuid -- The order.
--! expand: shipments -- Its shipments, oldest first, in the member `shipments`.
--! reply: order.json
--! none:  404 orders/order_not_found
--! about: One order with its cargo and its cycle times.
select
--? expand_shipments: core.json_with(
       orders.order_document(:tenant, o)
--? expand_shipments: , 'shipments', orders.order_shipments(:tenant, :order_id))
       as body, o.version
  from orders.order_ o
 where o.tenant_id = :tenant and o.order_id = :order_id
--? reach: and orders.order_is_reached(:tenant, :reach, o.account_id)
