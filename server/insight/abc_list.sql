--! GET /v1/insight/abc
--! who:   insight:read
--! query: basis choice(ORDERS|SHIPMENTS) = ORDERS -- Orders by their price, or shipments by their weight.
--! query: currency text(3..3) -- The money that counts, of orders; needed when there are orders in several.
--! query: until date -- Last day of the window; default today, by your calendar.
--! query: months integer(1..36) = 12 -- Length of the window.
--! query: a_limit integer(1..100) = 80 -- A is who begins below this share, in percent.
--! query: b_limit integer(1..100) = 95 -- B is who begins below this share, in percent.
--! query: account_id uuid -- Only this account.
--! query: class choice(A|B|C) -- Only this class.
--! reply: abc.json
--! list:  yes
--! lane:  slow
--! error: 422 insight/limits_reversed
--! error: 422 insight/currency_unclear
--! about: Accounts by their part in the business, most valuable first: A make it up to 80 percent, B up to 95, C the rest.
--! help:  An account is A when those with more than it have less than the limit of A together; so who crosses the limit is still in, and who has the same has the same class. The margin is known when every order in the window has legs and each leg a cost in the same money.
select page.body, page.next
  from insight.abc_page(:tenant, :reach, insight.asked(:tenant, :basis, :currency, :until, :months, null, null, null, :a_limit::numeric, :b_limit::numeric),
                        :account_id, :class, :after, :limit) as page
