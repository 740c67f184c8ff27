--! POST /v1/shipments
--! who:   orders:write
--! body:  shipment_create.json
--! reply: shipment.json
--! ok:    201
--! idempotency: required
--! error: 409 orders/tracking_number_taken
--! error: 409 partners/partner_status
--! error: 409 partners/credential_expired
--! error: 422 orders/zone_unknown
--! error: 422 orders/window_reversed
--! error: 422 orders/number_empty
--! error: 422 orders/parent_not_found
--! error: 422 orders/sscc_repeated
--! error: 422 orders/measure_negative
--! error: 422 crm/customer_unclear
--! error: 422 crm/account_not_found
--! error: 422 orders/order_unfit
--! about: Makes a shipment.
--! help:  Without `tracking_number` the house makes one: HX, ten letters or digits, a check character. A number of your own is taken once: the second gets 409.
--! help:  The customer is an account by its id, or a code of yours; a code that is new makes an account. Callers who reach less than the tenant name an account that they reach.
select made.body, 1 as version, '/v1/shipments/' || (made.body ->> 'shipment_id') as location,
       audit.api_note(:tenant, :context, 'shipment', (made.body ->> 'shipment_id')::uuid,
                      jsonb_build_object('tracking_number', made.body ->> 'tracking_number', 'customer', made.body -> 'customer' -> 'account_id',
                                         'parties', json_array_length(coalesce(made.body -> 'parties', '[]')),
                                         'handling_units', json_array_length(coalesce(made.body -> 'handling_units', '[]')))) as audited
  from orders.shipment_create(:tenant, :actor, :body, :reach) as made (body)
