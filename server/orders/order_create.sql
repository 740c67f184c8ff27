--! POST /v1/orders
--! who:   orders:book
--! body:  order_create.json
--! reply: order.json
--! ok:    201
--! idempotency: required
--! error: 422 crm/account_not_found
--! error: 422 orders/amount_negative
--! error: 422 orders/goods_code_invalid
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! error: 422 orders/ordered_in_future
--! error: 422 orders/number_empty
--! about: Makes an order and submits it.
--! help:  With `draft` it is only made, and also when it says neither where (origin or destination) nor what (cargo): one of the two is enough. Submitted, it is held against the credit of its account: when that is on hold, or with this order more would be open than its limit, the order is made all the same, in state CREDIT_HOLD with the reason in `hold`.
--! help:  Open are the prices of orders from SUBMITTED to INVOICED. Customers order for their own accounts and do not set the price.
select made.body, made.version, '/v1/orders/' || (made.body ->> 'order_id') as location
  from orders.order_create(:tenant, :actor, :context, :reach, :body) as made
