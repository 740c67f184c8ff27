--! GET /v1/insight/rfm
--! who:   insight:read
--! query: basis choice(ORDERS|SHIPMENTS) = ORDERS -- Orders by their price, or shipments by their weight.
--! query: currency text(3..3) -- The money that counts, of orders; needed when there are orders in several.
--! query: until date -- Last day of the window; default today, by your calendar.
--! query: months integer(1..36) = 12 -- Length of the window.
--! query: r_cuts text(1..100) -- Own cut-offs of recency: most days for grades 5, 4, 3, 2, such as 30,60,90,180.
--! query: f_cuts text(1..100) -- Own cut-offs of frequency: least number for grades 2, 3, 4, 5, such as 2,5,10,20.
--! query: m_cuts text(1..100) -- Own cut-offs of value: least value for grades 2, 3, 4, 5.
--! query: account_id uuid -- Only this account.
--! query: r integer(1..5) -- Only this grade of recency.
--! query: f integer(1..5) -- Only this grade of frequency.
--! query: m integer(1..5) -- Only this grade of value.
--! reply: rfm.json
--! list:  yes
--! lane:  slow
--! error: 422 insight/cuts_invalid
--! error: 422 insight/currency_unclear
--! about: Accounts with business in the window, graded by recency, frequency and money, most valuable first.
--! help:  Without cut-offs of your own grades are quintiles: 5 less five times the share of all accounts that are better, rounded down. Who has the same has the same grade, and the best always has 5; of fewer than five accounts `why` says that a grade says little. Grades are among all accounts of the firm; you are shown those that you reach.
--! help:  An order counts from its submission, once it is confirmed; a shipment on its planned day of delivery. Money of different currencies is never added up.
select page.body, page.next
  from insight.rfm_page(:tenant, :reach, insight.asked(:tenant, :basis, :currency, :until, :months, :r_cuts, :f_cuts, :m_cuts, null, null),
                        :account_id, :r, :f, :m, :after, :limit) as page
