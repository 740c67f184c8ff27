--! POST /v1/orders/{order_id}/submit
--! who:   orders:book
--! path:  order_id uuid -- The order.
--! body:  order_submit.json
--! reply: order.json
--! none:  404 orders/order_not_found
--! error: 409 orders/order_state
--! about: Submits a draft.
--! help:  It becomes SUBMITTED, or CREDIT_HOLD with the reason in `hold`. A draft that says neither where nor what stays one: 409 says what is missing.
select done.body, done.version from orders.order_go_on(:tenant, :actor, :context, :reach, :order_id, 'submit', :body) as done
