--! POST /v1/orders/{order_id}/cancel
--! who:   orders:book
--! path:  order_id uuid -- The order.
--! body:  order_cancel.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Calls an order off.
--! help:  Customers until it is confirmed; staff also then, as long as nothing was picked up, and of an order IN_EXECUTION when nothing is delivered and nothing on its way any more (lost, returned): shipments that have not moved are cancelled by an event BCX. What is delivered in part is invoiced or closed.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'cancel', :body) as done
