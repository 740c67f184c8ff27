-- Fills the benchmark's database, as the superuser, straight into the tables: what orders.api_shipment_create and
-- tracking.api_events_record would have left there. bench.py compares the status rows with tracking.status_derive.
--
-- psql variables: tenants, shipments (read by the tracking and list targets, six events each), sinks (older shipments that
-- only the ingest targets write to, so that what is read does not grow during the run).
--
-- A tenant's id ends in its three digits and a tracking number is a plain number, so that pgbench can make both:
--   tenant   00000000-0000-7000-8000-000000000<100…999>      number   70000000000 + tenant * 1000000 + shipment
set client_min_messages = warning;
set session_replication_role = replica;  -- no foreign-key triggers: every row below is made from the same numbers
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '512MB';

insert into identity.tenant (id, slug, name)
select ('00000000-0000-7000-8000-000000000' || t)::uuid, 'load-' || t, 'Load ' || t
  from generate_series(100, 99 + :tenants) t;

insert into crm.account (tenant_id, account_id, customer_code, name)
select ('00000000-0000-7000-8000-000000000' || t)::uuid, core.uuidv7_at(1700000000000000 + a), 'C' || (10000 + a), 'Customer ' || a || ' Ltd'
  from generate_series(100, 99 + :tenants) t, generate_series(1, 200) a;

create unlogged table public.load_shipment as
select ('00000000-0000-7000-8000-000000000' || t)::uuid as tenant_id, t, s, s <= :sinks as is_sink,
       (70000000000 + t * 1000000 + s)::text as number, made_at,
       core.uuidv7_at((date_part('epoch', made_at) * 1000000)::bigint) as shipment_id,
       core.uuidv7_at(1700000000000000 + s % 200 + 1) as no_account
  from generate_series(100, 99 + :tenants) t, generate_series(1, :sinks + :shipments) s,
       lateral (select date_trunc('hour', now()) - interval '120 days' + s * interval '100 days' / (:sinks + :shipments)
                       + t * interval '1 second' as made_at) m
 order by made_at;

insert into orders.shipment (tenant_id, shipment_id, tracking_number, account_id, carrier_scac, mode, service, origin, destination,
                             planned_pickup_from, planned_pickup_to, planned_pickup_zone, planned_delivery_from, planned_delivery_to,
                             planned_delivery_zone, planned_delivery_date, source, created_at)
select l.tenant_id, l.shipment_id, l.number, a.account_id, 'HXLD', 'ROAD', 'LTL',
       '{"unlocode": "USCHI", "city": "Chicago", "region": "IL", "country": "US", "zone": "America/Chicago"}',
       '{"unlocode": "USNYC", "city": "New York", "region": "NY", "country": "US", "zone": "America/New_York"}',
       l.made_at + interval '4 hours', l.made_at + interval '8 hours', 'America/Chicago',
       l.made_at + interval '60 hours', l.made_at + interval '70 hours', 'America/New_York',
       ((l.made_at + interval '70 hours') at time zone 'America/New_York')::date, 'API', l.made_at
  from public.load_shipment l
  join crm.account a on a.tenant_id = l.tenant_id and a.customer_code = 'C' || (10001 + l.s % 200)
 order by l.made_at;

insert into orders.shipment_number (tenant_id, number_key, shipment_id, kind, number)
select l.tenant_id, orders.api_number_key(n.number), l.shipment_id, n.kind, n.number
  from public.load_shipment l,
       lateral (values ('TRACKING', l.number), ('BOL', 'BL' || l.number), ('PRO', 'P' || l.number),
                       ('CUSTOMER', 'ORD-' || l.number)) n (kind, number)
 order by l.made_at;

-- Six events a shipment, in the order in which they came in: each shipment's rows lie on six pages, as in life.
insert into tracking.event (tenant_id, shipment_id, event_id, source, source_event_id, code, event_time, zone, zone_source, received_at,
                            eta, unlocode, place_name, city, region, country)
select l.tenant_id, l.shipment_id, core.uuidv7_at((date_part('epoch', l.made_at + e.after) * 1000000)::bigint + 180000000), 'load',
       l.s || '-' || e.n, case when e.n < 6 then e.code when l.s % 2 = 0 then 'DLV' else 'ATT' end, l.made_at + e.after, 'Z', 'OFFSET',
       l.made_at + e.after + interval '3 minutes', case when e.n = 1 then l.made_at + interval '70 hours' end, e.unlocode, e.name, e.city,
       e.region, 'US'
  from public.load_shipment l,
       (values (1, 'BKD', interval '1 hour', null, null, null, null),
               (2, 'PUP', interval '5 hours', 'USCHI', 'Dock 4', 'Chicago', 'IL'),
               (3, 'DEP', interval '9 hours', 'USCHI', 'Hub Chicago South', 'Chicago', 'IL'),
               (4, 'ARH', interval '31 hours', 'USCLE', 'Hub Cleveland', 'Cleveland', 'OH'),
               (5, 'OFD', interval '58 hours', 'USNYC', 'Depot Queens', 'New York', 'NY'),
               (6, 'DLV', interval '62 hours', 'USNYC', null, 'New York', 'NY')) e (n, code, after, unlocode, name, city, region)
 where not l.is_sink
 order by l.made_at + e.after;

insert into tracking.shipment_status (tenant_id, shipment_id, status, status_number, is_terminal, status_event_time, eta, eta_event_time,
                                      last_event_time)
select l.tenant_id, l.shipment_id,
       case when l.is_sink then 'PLANNED' when l.s % 2 = 0 then 'DELIVERED' else 'ATTEMPTED' end,
       case when l.is_sink then 10 when l.s % 2 = 0 then 90 else 70 end, not l.is_sink and l.s % 2 = 0,
       case when not l.is_sink then l.made_at + interval '62 hours' end,
       case when not l.is_sink then l.made_at + interval '70 hours' end,
       case when not l.is_sink then l.made_at + interval '1 hour' end,
       case when not l.is_sink then l.made_at + interval '62 hours' end
  from public.load_shipment l
 order by l.made_at;

drop table public.load_shipment;

-- The bare loader's own tables, shaped and walled like tracking.event, with the foreign key and the outbox row of the loader
-- that the aim was measured with; and the bodies that pgbench sends.
create schema load;
create table load.event (like tracking.event including all,
                         foreign key (tenant_id, shipment_id) references orders.shipment (tenant_id, shipment_id));
create table load.outbox (outbox_id bigint generated always as identity primary key, tenant_id uuid not null, body jsonb not null);
alter table load.event enable row level security;
alter table load.event force row level security;
create policy tenant_wall on load.event using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
create table load.body (body_id integer primary key, tenant_id uuid not null, body text not null, bare text);
alter table load.body alter column body set storage external, alter column bare set storage external;
grant usage on schema load to hansa_app;
grant select on load.body to hansa_app;
grant select, insert on load.event, load.outbox to hansa_app;
