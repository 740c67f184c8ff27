--! POST /v1/orders/{order_id}/close
--! who:   orders:write
--! path:  order_id uuid -- The order.
--! body:  order_close.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Closes an invoiced order.
--! help:  Its price is no longer open with the account.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'close', :body) as done
