--! job
--! every: 1 hour
--! about: Matures points whose waiting time is over and expires those whose life is; comes again at once when there are many.
select due.count, case when due.count = 500 then core.api_job(:tenant, 'membership.points_due', '{}') end as again
  from membership.points_due(:tenant, 500) as due (count)
