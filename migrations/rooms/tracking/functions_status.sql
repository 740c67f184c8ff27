-- Status from events: the whole rule, in one place (decision 0011).
--
-- A shipment without events of handling units has one subject, itself. As soon as an event names a unit, each leaf of the
-- unit tree is a subject; an event counts for a leaf when it names the leaf, a unit around it, or no unit at all.
--   subject:   T is its terminal event of the greatest (event time, number). CANCELLED and LOST are undone by what moves:
--              if T is one of them and an event that argues for a status, or a FND, happened later, the newest of those gives
--              the status; else T does. Without T: newest event time, then greater number. FND argues for IN_TRANSIT, and only
--              after T. An event of a consignment counts for the leaves under its waybill.
--              What ends the journey at a stop that is not the last, or of one unit while nobody knows of how many, ends nothing
--              (orders.api_part_moves_shipment).
--              So a status depends on the set of events alone, never on the order in which they were told.
--   shipment:  the least advanced subject; part says how many subjects are at the most advanced status.
-- api_events_record updates the row without this for plain scans; tests/tracking/test_status.py proves that both agree.

create or replace function tracking.api_status_open(p_tenant uuid, p_shipment uuid) returns void
    language plpgsql volatile
    as $$
begin
    insert into tracking.shipment_status (tenant_id, shipment_id, status, status_number)
    values (p_tenant, p_shipment, 'PLANNED', 10);
end $$;
comment on function tracking.api_status_open(uuid, uuid) is 'Gives a new shipment its status row; called when a shipment is made.';

create or replace function tracking.status_derive(p_tenant uuid, p_shipments uuid[]) returns setof tracking.shipment_status
    language plpgsql stable
    as $$
begin
    return query
    with recursive live as materialized (
        select e.shipment_id, e.handling_unit_id, e.event_time, e.code, e.eta, c.flag,
               -- a consignment without units of its own is the whole shipment
               case when e.consignment_id is not null and e.handling_unit_id is null
                         and exists (select from orders.v_handling_unit u where u.tenant_id = p_tenant and u.consignment_id = e.consignment_id)
                    then e.consignment_id end as consignment_id,
               s.status, s.number, s.is_terminal
          from unnest(p_shipments) as i (shipment_id)
         cross join lateral (
               select v.* from tracking.event v
                where v.tenant_id = p_tenant and v.shipment_id = i.shipment_id and v.superseded_by is null
               offset 0) e  -- offset 0: one index search a shipment, whatever the statistics say
          join tracking.code c on c.code = e.code
          left join tracking.status s on s.status = case e.code when 'FND' then 'IN_TRANSIT' else c.status end and e.moves_status
               and (coalesce(e.stop_id, e.handling_unit_id) is null
                    or orders.api_part_moves_shipment(p_tenant, e.shipment_id, e.stop_id, e.handling_unit_id, e.code))
    ), by_unit as materialized (
        select distinct l.shipment_id from live l where coalesce(l.handling_unit_id, l.consignment_id) is not null
    ), tree as (
        select u.shipment_id, u.handling_unit_id as leaf, u.handling_unit_id as unit, u.parent_id, u.consignment_id
          from by_unit b
          join orders.v_handling_unit u on u.tenant_id = p_tenant and u.shipment_id = b.shipment_id
         where not exists (select from orders.v_handling_unit i
                            where i.tenant_id = p_tenant and i.parent_id = u.handling_unit_id)
        union
        select t.shipment_id, t.leaf, u.handling_unit_id, u.parent_id, u.consignment_id
          from tree t
          join orders.v_handling_unit u on u.tenant_id = p_tenant and u.handling_unit_id = t.parent_id
    ), applies as (
        select l.shipment_id, null::uuid as leaf, l.event_time, l.code, l.status, l.number, l.is_terminal
          from live l
         where l.shipment_id not in (select b.shipment_id from by_unit b)
        union all
        select l.shipment_id, t.leaf, l.event_time, l.code, l.status, l.number, l.is_terminal
          from live l
          join tree t on t.shipment_id = l.shipment_id
               and (t.unit = l.handling_unit_id
                    or (l.handling_unit_id is null and l.consignment_id is null and t.unit = t.leaf)
                    or (l.handling_unit_id is null and t.consignment_id = l.consignment_id))
    ), ended as (  -- T
        select distinct on (a.shipment_id, a.leaf) a.shipment_id, a.leaf, a.status, a.number, a.event_time
          from applies a
         where a.is_terminal
         order by a.shipment_id, a.leaf, a.event_time desc, a.number desc
    ), subject as (
        select distinct on (a.shipment_id, a.leaf) a.shipment_id, a.leaf, a.status, a.number, a.is_terminal, a.event_time
          from applies a
          left join ended t on t.shipment_id = a.shipment_id and t.leaf is not distinct from a.leaf
         where case when t.status is null then a.status is not null and a.code <> 'FND'
                    when a.is_terminal then (a.event_time, a.number) = (t.event_time, t.number)
                    else a.status is not null and t.status in ('CANCELLED', 'LOST') and a.event_time > t.event_time end
         order by a.shipment_id, a.leaf, a.event_time desc, a.number desc
    ), every_subject as (
        select i.shipment_id, t.leaf, coalesce(s.status, 'PLANNED') as status, coalesce(s.number, 10::smallint) as number,
               coalesce(s.is_terminal, false) as is_terminal, s.event_time
          from unnest(p_shipments) as i (shipment_id)
          left join tree t on t.shipment_id = i.shipment_id and t.unit = t.leaf
          left join subject s on s.shipment_id = i.shipment_id and s.leaf is not distinct from t.leaf
    ), span as (
        select shipment_id, min(number) as low, max(number) as high, count(*) as units from every_subject group by 1
    ), rolled as (
        select p.shipment_id, p.low, p.high, p.units,
               max(e.status) filter (where e.number = p.low) as status,
               bool_and(e.is_terminal) filter (where e.number = p.low) as is_terminal,
               max(e.event_time) filter (where e.number = p.low) as status_event_time,
               max(e.status) filter (where e.number = p.high) as high_status,
               count(*) filter (where e.number = p.high) as high_units
          from span p
          join every_subject e on e.shipment_id = p.shipment_id
         group by p.shipment_id, p.low, p.high, p.units
    ), beside as (
        select l.shipment_id,
               coalesce(bool_or(l.flag = 'DELAYED'), false) as is_delayed,
               coalesce(bool_or(l.flag = 'DAMAGED'), false) as is_damaged,
               bool_or(coalesce(l.handling_unit_id, l.consignment_id) is not null) as is_by_unit,
               max(l.event_time) filter (where l.code = 'CSR') as released_at,
               max(array[l.event_time, l.eta]) filter (where l.eta is not null) as estimate,
               max(l.event_time) as last_event_time
          from live l
         group by l.shipment_id
    )
    select p_tenant, r.shipment_id, r.status, r.low, r.is_terminal,
           coalesce(b.is_delayed, false),
           r.status = 'CUSTOMS' and coalesce(b.released_at < r.status_event_time, true),
           coalesce(b.is_damaged, false), coalesce(b.is_by_unit, false),
           r.status_event_time, b.estimate[2], b.estimate[1], b.last_event_time,
           case when r.low <> r.high then r.high_status end,
           case when r.low <> r.high then r.high_units::integer end,
           case when r.low <> r.high then r.units::integer end, false
      from rolled r
      left join beside b on b.shipment_id = r.shipment_id;
end $$;
comment on function tracking.status_derive(uuid, uuid[]) is 'What the status rows of these shipments ought to be, from their events alone.';

create or replace function tracking.status_rederive(p_tenant uuid, p_shipments uuid[]) returns void
    language plpgsql volatile
    as $$
begin
    update tracking.shipment_status s
       set status = d.status, status_number = d.status_number, is_terminal = d.is_terminal,
           is_delayed = d.is_delayed, is_held = d.is_held, is_damaged = d.is_damaged, is_by_unit = d.is_by_unit,
           status_event_time = d.status_event_time, eta = d.eta, eta_event_time = d.eta_event_time,
           last_event_time = d.last_event_time,
           part_status = d.part_status, part_units = d.part_units, part_of = d.part_of
      from tracking.status_derive(p_tenant, p_shipments) d
     where s.tenant_id = p_tenant and s.shipment_id = d.shipment_id;
end $$;
comment on function tracking.status_rederive(uuid, uuid[]) is 'Writes the derived status anew; the caller holds the locks of the rows.';

grant execute on function tracking.api_status_open(uuid, uuid), tracking.status_derive(uuid, uuid[]),
    tracking.status_rederive(uuid, uuid[]) to hansa_app;

drop function if exists tracking.api_units_changed(uuid, uuid);
create or replace function tracking.api_parts_changed(p_tenant uuid, p_shipment uuid) returns void
    language plpgsql volatile
    as $$
begin
    perform from tracking.shipment_status s where s.tenant_id = p_tenant and s.shipment_id = p_shipment and s.last_event_time is not null for update;
    if found then
        perform tracking.status_rederive(p_tenant, array[p_shipment]);
    end if;
end $$;
comment on function tracking.api_parts_changed(uuid, uuid) is 'The shipment''s handling units or stops are other ones: derives its status anew.';
grant execute on function tracking.api_parts_changed(uuid, uuid) to hansa_app;
