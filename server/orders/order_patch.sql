--! PATCH /v1/orders/{order_id}
--! who:   orders:book
--! path:  order_id uuid -- The order.
--! body:  merge-patch order_patch.json
--! etag:  required
--! reply: order.json
--! none:  404 orders/order_not_found
--! null:  412 core/precondition_failed
--! error: 409 orders/order_state
--! error: 422 orders/amount_negative
--! error: 422 orders/goods_code_invalid
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! error: 422 orders/number_empty
--! about: Changes an order that is not yet confirmed.
--! help:  A merge patch (RFC 7396), while the order is DRAFT or SUBMITTED; a submitted one keeps a place or a line of cargo. If-Match says which version you saw; a change of somebody else since then is 412 with the present ETag, and nothing is changed.
--! help:  A higher price of a submitted order is held against the account's credit again and may put it in CREDIT_HOLD.
select done.body, done.version, done.current
  from orders.order_patch(:tenant, :context, :reach, :order_id, :body, :if_match) as done
