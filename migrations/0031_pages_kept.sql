-- What comes and goes within a day leaves its pages behind. A table that VACUUM cut to nothing is planned as one with no rows, read
-- from end to end, and connections keep that plan when the next thousands come, until autovacuum counts them.

alter table core.idempotency set (vacuum_truncate = off);
alter table core.job set (vacuum_truncate = off);
