--! POST /v1/orders/{order_id}/confirm
--! who:   orders:confirm
--! path:  order_id uuid -- The order.
--! body:  order_confirm.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Confirms a submitted order.
--! help:  One shipment with all its cargo is made, unless the order has one already or `make_shipment` is false.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'confirm', :body) as done
