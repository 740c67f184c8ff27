--! internal
--! value: secret_hash bytea -- The link that was looked at.
--! about: Notes that a quote was looked at over its link; a small unit of its own, off the answer's path.
select v.body from sales.quote_viewed(:tenant, :secret_hash) as v (body) where v.body is not null
