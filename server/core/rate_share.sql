--! internal
--! value: server_id uuid -- This server.
--! value: uses jsonb -- [{"subject", "second", "quota", "uses": sixty numbers}, …]
--! about: Tells the other servers what was let in, and learns what they did.
select core.rate_share(:server_id, :uses) as body
