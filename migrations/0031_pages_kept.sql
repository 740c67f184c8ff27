-- Keys come and go within a day. When VACUUM cuts the emptied table to no pages, its plan reads it from end to end, and connections
-- keep that plan when the next thousands of keys come, until autovacuum counts them. With its pages left it is read by its key.

alter table core.idempotency set (vacuum_truncate = off);
