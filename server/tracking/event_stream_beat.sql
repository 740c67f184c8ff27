--! internal
--! access: read
--! value: since text -- Up to where everything was told; null: nothing was.
--! about: The position before which no event will appear any more, and whether there are any between.
-- Every transaction below the oldest one that still runs has ended, so its events are all there.
select concat(n.oldest, '.00000000-0000-0000-0000-000000000000.', floor(extract(epoch from now()))::bigint) as head,
       :since is null or exists (select from tracking.event e
                                  where e.tenant_id = :tenant
                                    and e.position >= split_part(:since, '.', 1)::xid8 and e.position < n.oldest
                                    and (e.position > split_part(:since, '.', 1)::xid8 or e.event_id > split_part(:since, '.', 2)::uuid)) as has_news,
       split_part(:since, '.', 1)::xid8 > n.next or to_timestamp(split_part(:since, '.', 3)::bigint) < now() - interval '7 days' as is_lost
  from (select pg_snapshot_xmin(pg_current_snapshot()) as oldest, pg_snapshot_xmax(pg_current_snapshot()) as next) n
