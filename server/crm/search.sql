--! GET /v1/search
--! who:   crm:read
--! query: q text(1..100) required -- What somebody remembers: a name or a piece of it, a phone number in any spelling, a reference or number.
--! query: type choice(ACCOUNT|CONTACT|ORDER|SHIPMENT) -- Only things of this type.
--! reply: search_hit.json
--! list:  yes
--! about: Finds accounts, contacts, orders and shipments that you reach, the best fit first.
--! help:  Words may have a typing mistake or be cut off; accents and letter case do not matter, nor whether an umlaut is written ü or ue; a number is found by its first three signs; Chinese is found by any two neighbouring signs. A phone number is compared from its end, so country and area code may be missing, and brackets, trunk zero and extension do not count. There are no further pages: ask more precisely.
select coalesce((select crm.search(:tenant, :reach, :q, :type, :limit) where :after::text is null), '[]'::json) as body, null::text as next
