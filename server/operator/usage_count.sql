--! internal
--! access: read
--! lane: slow
--! about: Rows and bytes that the unit's tenant keeps.
select k.rows_kept::text as rows_kept, k.bytes_kept::text as bytes_kept, '{}'::json as body from operator.rows_count(:tenant) k
