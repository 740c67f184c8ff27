-- A delivery that is withdrawn takes back its points, and one that stands after all earns again: an order earns once at a time. Who earns
-- holds the member's lock, so the index need not be unique (decision 0043).
drop index membership.points_transaction_order;
create index points_transaction_order on membership.points_transaction (tenant_id, member_id, order_id) where order_id is not null;
comment on column membership.points_transaction.order_id is 'The delivered order that was the reason; it earns a member once, unless that was taken back.';
