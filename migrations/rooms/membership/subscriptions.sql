-- What room membership wants to know of others.
delete from core.subscription where job_kind like 'membership.%';
insert into core.subscription values ('orders.order.delivered', 'membership.earn'), ('orders.order.reopened', 'membership.earn'),
    ('orders.order.delivery_withdrawn', 'membership.earn'), ('insight.snapshot.made', 'membership.tier_proposal');
