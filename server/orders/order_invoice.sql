--! POST /v1/orders/{order_id}/invoice
--! who:   orders:write
--! path:  order_id uuid -- The order.
--! body:  order_invoice.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Says that a delivered order is invoiced.
--! help:  From then on it can be closed.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'invoice', :body) as done
