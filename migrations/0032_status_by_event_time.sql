-- Terminal events count by event time (decision 0043): a correction no longer takes a place in the order of acceptance.
alter table tracking.event drop column stands_for;
comment on column tracking.event.event_id is 'Time-ordered; within a shipment the order of acceptance, on which no status depends.';
comment on table tracking.shipment_status is 'Status of each shipment, derived from its events by the rules of decisions 0011 and 0043.';
