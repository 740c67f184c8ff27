-- What room membership wants to know of others.
delete from core.subscription where job_kind like 'membership.%';
insert into core.subscription values ('orders.order.delivered', 'membership.earn'), ('insight.snapshot.made', 'membership.tier_proposal');
