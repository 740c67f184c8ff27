-- Orders that were made elsewhere and are taken over with their own day, so that who moves in keeps the history of his customers.

alter table orders.order_ add column ordered_at timestamptz;
comment on column orders.order_.ordered_at is 'When it was ordered, of an order taken over from elsewhere; null: when it was submitted.';
