--! job
--! tries: 8
--! about: An open quote whose time is over expires.
select json_build_object('has_expired', sales.quote_expire(:tenant, (:payload ->> 'quote_id')::uuid)) as body
