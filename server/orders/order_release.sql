--! POST /v1/orders/{order_id}/release
--! who:   orders:release
--! path:  order_id uuid -- The order.
--! body:  order_release.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Releases an order that credit holds.
--! help:  It is SUBMITTED again and counts as open, whatever the limit says. The reason is kept.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'release', :body) as done
