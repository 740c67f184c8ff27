--! GET /v1/insight/rfm/{account_id}/rows
--! who:   insight:read
--! path:  account_id uuid -- The account.
--! query: basis choice(ORDERS|SHIPMENTS) = ORDERS -- Orders by their price, or shipments by their weight.
--! query: currency text(3..3) -- The money that counts, of orders; needed when there are orders in several.
--! query: until date -- Last day of the window; default today, by your calendar.
--! query: months integer(1..36) = 12 -- Length of the window.
--! reply: row.json
--! list:  yes
--! none:  404 insight/account_not_found
--! error: 422 insight/currency_unclear
--! about: The orders or shipments behind an account's grades, newest first.
select page.body, page.next
  from insight.rows_page(:tenant, :reach, insight.asked(:tenant, :basis, :currency, :until, :months, null, null, null, null, null),
                         :account_id, :after, :limit) as page
