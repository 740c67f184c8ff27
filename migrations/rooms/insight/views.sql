-- What room insight shows to other rooms.
create or replace view insight.v_snapshot with (security_invoker = true) as
select tenant_id, snapshot_id, basis, currency, months, from_day, to_day, proposes_tiers from insight.snapshot;
comment on view insight.v_snapshot is 'Analyses that were kept.';

create or replace view insight.v_grade with (security_invoker = true) as
select tenant_id, snapshot_id, account_id, frequency, value, r, f, m, abc from insight.grade;
comment on view insight.v_grade is 'What accounts were in them; value is money of the snapshot''s currency, or kilograms of basis SHIPMENTS.';

grant select on insight.v_snapshot, insight.v_grade to hansa_app;
