-- The live stream of events (decision 0033): the transaction that wrote an event is its place in the stream. It is known before
-- the commit, and whatever is below the oldest transaction still running will never get a neighbour from below. A stable default
-- is worked out once, so the events that are there already get this migration's transaction without being written anew.
alter table tracking.event add column position xid8 not null default pg_current_xact_id();
comment on column tracking.event.position is 'The transaction that wrote it: the place in the stream, in which nothing appears behind what was told.';

-- Without event_id: the events of one transaction share one entry, and there are at most some thousands to put in order.
create index event_by_position on tracking.event (tenant_id, position);
