-- What room orders wants to hear of. Orders are brought up to date with what is told of their shipments.
delete from core.subscription where job_kind like 'orders.%';
insert into core.subscription values ('tracking.shipment.told', 'orders.order_roll_up');
