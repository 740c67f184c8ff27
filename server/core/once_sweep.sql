--! internal
--! about: Forgets a tenant's answers under Idempotency-Keys whose day is over.
select case when s.count > 0 then json_build_object('forgotten', s.count) end as body from core.idempotency_sweep(:tenant) as s (count)
