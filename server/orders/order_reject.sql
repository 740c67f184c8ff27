--! POST /v1/orders/{order_id}/reject
--! who:   orders:confirm
--! path:  order_id uuid -- The order.
--! body:  order_reject.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Rejects an order that is not yet confirmed.
--! help:  The reason is kept and shown to the customer.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'reject', :body) as done
