-- Orders of which something was lost, returned, short or called off can end (decision 0043).
alter table orders.order_ drop constraint order_state_known;
alter table orders.order_ add constraint order_state_known check (state in ('DRAFT', 'SUBMITTED', 'CREDIT_HOLD', 'CONFIRMED', 'IN_EXECUTION',
    'DELIVERED', 'INVOICED', 'CLOSED', 'SHORT_CLOSED', 'REJECTED', 'CANCELLED'));
alter table orders.state_change add column is_asked boolean not null default true;
comment on column orders.state_change.is_asked is 'Somebody asks for this step; else it comes by itself, from credit, shipments or tenders.';
