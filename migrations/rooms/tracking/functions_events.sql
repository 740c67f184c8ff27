-- Recording events: up to 1,000 a call, set-wise.
--
-- Three statements do the usual work: read and judge the events; lock the status rows of their shipments, always in the order
-- of their ids, so that two batches over the same shipments queue up instead of deadlocking; insert what is new and bring the
-- status rows up to date. Only then, and only where plain counting is not enough, corrections are taken one by one, and the
-- status of some shipments is derived anew from all their events.

-- Reads and judges. A draft whose problem is null can be stored; else problem is 'error|member|detail'.
-- The first two steps are kept apart (materialized): a look-up key must be a plain column when it meets row security, or else
-- it is no index condition, and what is parsed must be parsed once.
-- p_reach: null for the whole tenant; else shipments beyond it are not found. p_filed: under which name the sources of a partner
-- or a customer are filed, so that nobody passes for another's source or corrects another's events; null for staff and keys.
drop function if exists tracking.events_read(uuid, text, jsonb);
create or replace function tracking.events_read(p_tenant uuid, p_source text, p_events jsonb, p_reach jsonb, p_filed text) returns tracking.event_draft[]
    language plpgsql stable
    as $$
begin
    return (
    with given as materialized (
        select (g.ordinality - 1)::integer as index, g.*,
               case when g.shipment_id is null then orders.api_number_key(g.number) end as number_key,
               case when g.sscc is not null or g.shipment_id is not null then orders.api_number_key(coalesce(g.sscc, g.number)) end as sscc_key,
               case when core.is_time(g.event_time) then
                   case when core.has_offset(g.event_time) then case when right(g.event_time, 1) = 'Z' then 'Z' else right(g.event_time, 6) end
                        else 'LOCAL' end end as clock,
               case when core.is_time(g.eta) then case when core.has_offset(g.eta) then 'OFFSET' else 'LOCAL' end end as eta_clock,
               case when g.zone is not null then (select z.zone from core.zone z where z.zone = g.zone) end as known_zone,
               coalesce(g.leg_id, case when g.stop_id is not null then orders.api_leg_meant(p_tenant, g.stop_id, g.code) end) as meant_leg_id
          from rows from (jsonb_to_recordset(p_events) as (
                   number text, shipment_id uuid, sscc text, source text, source_event_id text, code text, reason text,
                   event_time text, zone text, zone_source text, eta text, place jsonb, raw_code text, raw_list text, raw text,
                   supersedes jsonb, moves_status boolean, consignment_id uuid, leg_id uuid, stop_id uuid, details jsonb, fault text)) with ordinality as g
    ), timed as materialized (
        select g.*, coalesce(g.sscc_key, g.number_key) as unit_key,
               case when g.clock = 'LOCAL' then g.event_time::timestamp at time zone g.known_zone
                    when g.clock is not null then g.event_time::timestamptz end as happened_at,
               case when g.eta_clock = 'LOCAL' then g.eta::timestamp at time zone g.known_zone
                    when g.eta_clock is not null then g.eta::timestamptz end as eta_at,
               case when g.shipment_id is not null then (select s.shipment_id
                                                           from tracking.shipment_status s
                                                          where s.tenant_id = p_tenant and s.shipment_id = g.shipment_id
                                                            and (p_reach is null or orders.api_part_is_reached(p_tenant, p_reach, s.shipment_id, g.leg_id)))
                    else (select n.shipment_id
                            from orders.v_shipment_number n
                           where n.tenant_id = p_tenant and n.number_key = g.number_key
                             and (p_reach is null or orders.api_part_is_reached(p_tenant, p_reach, n.shipment_id, g.leg_id))
                           order by n.shipment_id desc
                           limit 1) end as found_id
          from given g
    )
    select array_agg(row(g.index, g.found_id, unit.handling_unit_id,
                         case when p_filed is null then coalesce(g.source, p_source) else concat_ws(':', p_filed, g.source) end, g.source_event_id, g.code, g.reason,
                         coalesce(g.moves_status, true) and (g.meant_leg_id is null or orders.api_leg_moves_shipment(p_tenant, g.meant_leg_id, g.code)), g.happened_at,
                         coalesce(g.zone, g.clock), coalesce(g.zone_source, case when g.clock = 'LOCAL' then 'ZONE' else 'OFFSET' end),
                         g.eta_at, g.place ->> 'unlocode', g.place ->> 'name', g.place ->> 'city', g.place ->> 'region',
                         g.place ->> 'country', (g.place ->> 'latitude')::numeric, (g.place ->> 'longitude')::numeric,
                         g.raw_code, g.raw_list, g.raw,
                         case when g.supersedes is null then null
                              when p_filed is null then coalesce(g.supersedes ->> 'source', g.source, p_source)
                              else concat_ws(':', p_filed, coalesce(g.supersedes ->> 'source', g.source)) end,
                         g.supersedes ->> 'source_event_id',
           case when g.fault is not null then 'field_invalid|' || g.fault -- found at the door: nothing else is left of the event
                when g.source_event_id is null then 'field_missing|source_event_id|Each event needs a source_event_id.'
                when g.code is null then 'field_missing|code|Each event needs a code.'
                when c.code is null then 'code_unknown|code|There is no event code of this name; use OTH with raw_code for anything else.'
                when g.event_time is null then 'field_missing|event_time|Each event needs an event_time.'
                when g.clock is null then 'time_invalid|event_time|Give an RFC 3339 time of the years 1900 to 2199, such as 2026-03-10T10:42:00-06:00.'
                when g.zone is not null and g.known_zone is null and g.zone_source is null
                    then 'zone_unknown|zone|Give an IANA zone such as America/Chicago.'
                when g.happened_at is null then 'field_missing|zone|A time without offset needs the zone in which it was read.'
                when g.happened_at < '1990-01-01T00:00:00Z' then 'time_out_of_range|event_time|Events before 1990 are not taken.'
                when g.happened_at > now() + interval '24 hours' and (g.code not in ('EST', 'APP') or g.happened_at >= '2200-01-01T00:00:00Z')
                    then 'time_out_of_range|event_time|An event that has happened cannot lie more than 24 hours ahead.'
                when g.eta is not null and g.eta_clock is null
                    then 'time_invalid|eta|Give an RFC 3339 time of the years 1900 to 2199, such as 2026-03-10T10:42:00-06:00.'
                when g.eta is not null and g.eta_at is null then 'field_missing|zone|A time without offset needs the zone in which it was read.'
                when g.number is null and g.shipment_id is null
                    then 'field_missing|number|An event names its shipment by number or by shipment_id.'
                when g.found_id is null and g.shipment_id is null then 'shipment_not_found|number|No shipment has this number.'
                when g.found_id is null then 'shipment_not_found|shipment_id|There is no shipment with this id.'
                when g.sscc is not null and unit.handling_unit_id is null
                    then 'unit_not_found|sscc|The shipment has no handling unit with this SSCC.'
                when g.supersedes is not null and g.supersedes ->> 'source_event_id' is null
                    then 'field_missing|supersedes/source_event_id|Name the event that is corrected.'
                when coalesce(g.consignment_id, g.leg_id, g.stop_id) is not null
                    then 'level_not_found|' || orders.api_level_missing(p_tenant, g.found_id, g.consignment_id, g.leg_id, g.stop_id)
                         || '|The shipment has none with this id.'
           end, g.consignment_id, g.meant_leg_id, g.stop_id, g.details)::tracking.event_draft order by g.index)
      from timed g
      left join tracking.code c on c.code = g.code
      left join lateral (
            select u.handling_unit_id
              from orders.v_handling_unit u
             where u.tenant_id = p_tenant and u.shipment_id = g.found_id and u.sscc = g.unit_key and length(g.unit_key) = 18
            offset 0) unit on true);
end $$;
comment on function tracking.events_read(uuid, text, jsonb, jsonb, text) is 'Events of a request, resolved to shipments and units and judged one by one.';

drop function if exists tracking.api_events_record(uuid, uuid, jsonb);
create or replace function tracking.api_events_record(p_tenant uuid, p_actor uuid, p_events jsonb, p_reach jsonb default null) returns json
    language plpgsql volatile
    as $$
declare
    v_source text := coalesce((select k.name from identity.v_api_key k where k.tenant_id = p_tenant and k.api_key_id = p_actor), 'api');
    v_drafts tracking.event_draft[];
    v_draft tracking.event_draft;
    v_shipments uuid[];
    v_watched uuid[];  -- shipments of which somebody wants to hear
    v_before tracking.shipment_status[];
    v_derive uuid[];   -- shipments whose status must be derived anew
    v_now timestamptz;
    v_microsecond bigint;
    v_tail text := core.uuidv7_tail();
    v_accepted integer;
    v_storable integer;
    v_has_corrections boolean;
    v_has_levels boolean;
    v_has_trouble boolean;
    v_outcome text;
begin
    v_drafts := tracking.events_read(p_tenant, v_source, p_events, p_reach, case p_reach ->> 'kind'
        when 'PARTNER' then 'PARTNER:' || coalesce(p_reach ->> 'scac', '') when 'ACCOUNT' then 'CUSTOMER:' || p_actor end);

    select array_agg(distinct d.shipment_id) filter (where d.problem is null), count(*) filter (where d.problem is null),
           coalesce(bool_or(d.corrected_event is not null and d.problem is null), false),
           bool_or(coalesce(d.leg_id, d.stop_id) is not null), bool_or(d.code in ('DLY', 'DMG', 'RFS', 'LST', 'ATT'))
      into v_shipments, v_storable, v_has_corrections, v_has_levels, v_has_trouble
      from unnest(v_drafts) d;

    -- One index search each, in the order of the array, which array_agg (distinct) has sorted.
    select array_agg((l.s).shipment_id) filter (where (l.s).is_watched), array_agg(l.s) into v_watched, v_before
      from unnest(v_shipments) as i (shipment_id)
      cross join lateral (
            select s from tracking.shipment_status s
             where s.tenant_id = p_tenant and s.shipment_id = i.shipment_id
            offset 0
               for update) l;

    -- After the lock, so that within a shipment ids follow the order of acceptance.
    v_now := clock_timestamp();
    v_microsecond := (date_part('epoch', v_now) * 1000000)::bigint;

    -- In one order of keys for everybody: two batches that hold the same new events then wait for each other in one direction.
    with fresh as (
        insert into tracking.event (tenant_id, shipment_id, event_id, source, source_event_id, code, reason, moves_status, event_time, zone,
                                    zone_source, received_at, eta, handling_unit_id, unlocode, place_name, city, region, country,
                                    latitude, longitude, raw_code, raw_list, raw, actor, consignment_id, leg_id, stop_id, details)
        select p_tenant, d.shipment_id, core.uuidv7_at(v_microsecond + d.index, v_tail), d.source, d.source_event_id, d.code, d.reason,
               d.moves_status, d.event_time, d.zone, d.zone_source, v_now, d.eta, d.handling_unit_id, d.unlocode, d.place_name, d.city, d.region,
               d.country, d.latitude, d.longitude, d.raw_code, d.raw_list, d.raw, p_actor, d.consignment_id, d.leg_id, d.stop_id, d.details
          from unnest(v_drafts) d
         where d.problem is null and d.corrected_event is null
         order by d.source collate "C", d.source_event_id collate "C", d.index
            on conflict (tenant_id, source, source_event_id) do nothing
        returning shipment_id, coalesce(handling_unit_id, consignment_id, stop_id) as part_id, code, moves_status, event_time, eta
    ), fact as (
        select f.shipment_id,
               bool_or(coalesce(s.is_terminal, false) or f.part_id is not null or f.code in ('FND', 'CSI', 'CSR')) as is_special,
               max(array[(date_part('epoch', f.event_time) * 1000000)::bigint, s.number]) filter (where not s.is_terminal) as newest,
               bool_or(c.flag = 'DELAYED') as is_delayed,
               bool_or(c.flag = 'DAMAGED') as is_damaged,
               max(array[f.event_time, f.eta]) filter (where f.eta is not null) as estimate,
               max(f.event_time) as last_event_time,
               count(*) as events
          from fresh f
          join tracking.code c on c.code = f.code
          left join tracking.status s on s.status = c.status and f.moves_status
         group by f.shipment_id
    ), change as (
        select f.*, s.status, s.number, to_timestamp(f.newest[1] / 1000000.0) as newest_at
          from fact f
          left join tracking.status s on s.number = f.newest[2]
         where not f.is_special
    ), told as (
        update tracking.shipment_status s
           set status = case when not s.is_terminal and (c.newest_at, c.number) > (coalesce(s.status_event_time, '-infinity'), s.status_number)
                             then c.status else s.status end,
               status_number = case when not s.is_terminal and (c.newest_at, c.number) > (coalesce(s.status_event_time, '-infinity'), s.status_number)
                                    then c.number else s.status_number end,
               status_event_time = case when not s.is_terminal and (c.newest_at, c.number) > (coalesce(s.status_event_time, '-infinity'), s.status_number)
                                        then c.newest_at else s.status_event_time end,
               is_held = s.is_held and ((c.newest_at, c.number) > (s.status_event_time, s.status_number)) is not true,
               is_delayed = s.is_delayed or coalesce(c.is_delayed, false),
               is_damaged = s.is_damaged or coalesce(c.is_damaged, false),
               eta = case when s.eta is null or c.estimate > array[s.eta_event_time, s.eta] then c.estimate[2] else s.eta end,
               eta_event_time = case when s.eta is null or c.estimate > array[s.eta_event_time, s.eta] then c.estimate[1] else s.eta_event_time end,
               last_event_time = greatest(s.last_event_time, c.last_event_time)
          from change c
         where s.tenant_id = p_tenant and s.shipment_id = c.shipment_id and not s.is_by_unit
           and not (s.status in ('CANCELLED', 'LOST') and c.newest is not null)  -- it may move after all
        returning s.shipment_id
    )
    select coalesce(sum(f.events), 0),
           array_agg(f.shipment_id) filter (where f.shipment_id not in (select t.shipment_id from told t))
      into v_accepted, v_derive
      from fact f;

    -- What stands under one of these ids already is a duplicate only if it says the same.
    if v_accepted < v_storable then
        v_drafts := tracking.events_conflicts(p_tenant, v_drafts, p_events, v_microsecond, v_tail);
        v_storable := (select count(*) from unnest(v_drafts) d where d.problem is null);
    end if;

    if v_has_corrections then
        for v_draft in select * from unnest(v_drafts) d where d.corrected_event is not null and d.problem is null order by d.index loop
            v_outcome := tracking.event_correct(p_tenant, p_actor, v_draft, v_now, v_microsecond);
            if v_outcome = 'ACCEPTED' then
                v_accepted := v_accepted + 1;
                v_derive := v_derive || v_draft.shipment_id;
            elsif v_outcome <> 'DUPLICATE' then
                v_storable := v_storable - 1;
                v_draft.problem := v_outcome;
                v_drafts[v_draft.index + 1] := v_draft;
            end if;
        end loop;
    end if;

    if v_derive is not null then
        perform tracking.status_rederive(p_tenant, array(select distinct i from unnest(v_derive) i));
    end if;

    if v_has_levels then
        perform orders.api_levels_told(p_tenant, array(select distinct d.leg_id from unnest(v_drafts) d where d.leg_id is not null and d.problem is null),
                                       array(select distinct d.stop_id from unnest(v_drafts) d where d.stop_id is not null and d.problem is null));
    end if;
    if v_has_trouble then
        perform tracking.exceptions_open(p_tenant, v_shipments, v_microsecond, v_now);
    end if;
    if v_watched is not null then
        perform tracking.shipments_tell(p_tenant, v_watched, v_microsecond, v_now);
    end if;

    return json_build_object('accepted', v_accepted, 'duplicates', v_storable - v_accepted,
        'unmoved', tracking.events_unmoved(p_tenant, v_drafts, v_before, v_now), 'rejected',
        (select coalesce(json_agg(json_build_object('index', d.index, 'code', 'tracking/' || split_part(d.problem, '|', 1),
                                                    'field', rtrim('/events/' || d.index || '/' || split_part(d.problem, '|', 2), '/'),
                                                    'detail', split_part(d.problem, '|', 3)) order by d.index), '[]'::json)
           from unnest(v_drafts) d where d.problem is not null));
end $$;
comment on function tracking.api_events_record(uuid, uuid, jsonb, jsonb) is
    'Records events; each is accepted, duplicate or rejected by itself. Answers {accepted, duplicates, unmoved, rejected}.';

-- Who told something that moved nothing is told so: events that argue for a status and did not give it, because what stood before
-- is newer, or stands against it. An event that was overtaken by others of its own call did move, for a moment. Of a shipment by
-- units only that is said which is sure: it has come to its end, and is there still.
create or replace function tracking.events_unmoved(p_tenant uuid, p_drafts tracking.event_draft[], p_before tracking.shipment_status[], p_now timestamptz)
    returns json
    language plpgsql stable
    as $$
begin
    return (
    with suspect as materialized (
        select distinct on (d.source, d.source_event_id) d.index, d.shipment_id, d.source, d.source_event_id, d.event_time, s.number,
               d.corrected_event is null and (d.event_time, s.number) <= (b.status_event_time, b.status_number) as is_older, b as before
          from unnest(p_drafts) d
          join tracking.code c on c.code = d.code
          join tracking.status s on s.status = case d.code when 'FND' then 'IN_TRANSIT' else c.status end
          join unnest(p_before) b on b.shipment_id = d.shipment_id
         where d.problem is null and d.moves_status
           and (b.is_by_unit or d.code = 'FND' or d.corrected_event is not null or d.stop_id is not null or (b.is_terminal and not s.is_terminal)
                or (d.event_time, s.number) <= (b.status_event_time, b.status_number))
         order by d.source, d.source_event_id, d.index
    )
    select coalesce(json_agg(json_build_object('index', u.index, 'status', a.status, 'status_at', core.rfc3339(a.status_event_time)) order by u.index), '[]'::json)
      from suspect u
     cross join lateral (
           select s.* from tracking.shipment_status s where s.tenant_id = p_tenant and s.shipment_id = u.shipment_id offset 0) a
     cross join lateral (
           select (a.status, a.status_event_time, a.part_status, a.part_units) is not distinct from
                  ((u.before).status, (u.before).status_event_time, (u.before).part_status, (u.before).part_units) as is_same offset 0) w
     where case when a.is_by_unit or (u.before).is_by_unit then w.is_same and a.is_terminal
                else (a.status_event_time, a.status_number) is distinct from (u.event_time, u.number) and (w.is_same or u.is_older) end
       and exists (select from tracking.event e where e.tenant_id = p_tenant and e.source = u.source and e.source_event_id = u.source_event_id
                      and e.received_at = p_now));
end $$;
comment on function tracking.events_unmoved(uuid, tracking.event_draft[], tracking.shipment_status[], timestamptz) is
    'Of the events recorded at this moment those that changed no status, with the status that stands: [{index, status, status_at}].';

-- One correction: the new event is stored and takes the place of the old one, which stays, marked.
create or replace function tracking.event_correct(p_tenant uuid, p_actor uuid, d tracking.event_draft, p_now timestamptz,
                                                  p_microsecond bigint) returns text
    language plpgsql volatile
    as $$
declare
    v_old record;
    v_same tracking.event;
    v_event uuid := core.uuidv7_at(p_microsecond + d.index);
begin
    select * into v_same from tracking.event e
      where e.tenant_id = p_tenant and e.source = d.source and e.source_event_id = d.source_event_id;
    if found then
        return coalesce(tracking.event_conflict(p_tenant, v_same, d, null), 'DUPLICATE');
    end if;
    select e.event_id, e.superseded_by into v_old
      from tracking.event e
     where e.tenant_id = p_tenant and e.source = d.corrected_source and e.source_event_id = d.corrected_event
       and e.shipment_id = d.shipment_id;
    if not found then
        return 'event_not_found|supersedes|The shipment has no event of this source and source_event_id.';
    elsif v_old.superseded_by is not null then
        return 'event_superseded|supersedes|This event has been corrected already; correct the correction.';
    end if;
    insert into tracking.event (tenant_id, shipment_id, event_id, source, source_event_id, code, reason, moves_status, event_time, zone,
                                zone_source, received_at, eta, handling_unit_id, unlocode, place_name, city, region, country,
                                latitude, longitude, raw_code, raw_list, raw, actor, consignment_id, leg_id, stop_id, details, supersedes)
    values (p_tenant, d.shipment_id, v_event, d.source, d.source_event_id, d.code, d.reason, d.moves_status, d.event_time, d.zone, d.zone_source,
            p_now, d.eta, d.handling_unit_id, d.unlocode, d.place_name, d.city, d.region, d.country, d.latitude, d.longitude,
            d.raw_code, d.raw_list, d.raw, p_actor, d.consignment_id, d.leg_id, d.stop_id, d.details, v_old.event_id)
    on conflict (tenant_id, source, source_event_id) do nothing;
    if not found then
        return 'DUPLICATE';
    end if;
    update tracking.event e set superseded_by = v_event
     where e.tenant_id = p_tenant and e.shipment_id = d.shipment_id and e.event_id = v_old.event_id;
    return 'ACCEPTED';
end $$;
comment on function tracking.event_correct(uuid, uuid, tracking.event_draft, timestamptz, bigint) is
    'Stores one correction; answers ACCEPTED, DUPLICATE or the problem.';

grant execute on function tracking.events_read(uuid, text, jsonb, jsonb, text), tracking.api_events_record(uuid, uuid, jsonb, jsonb),
    tracking.events_unmoved(uuid, tracking.event_draft[], tracking.shipment_status[], timestamptz),
    tracking.event_correct(uuid, uuid, tracking.event_draft, timestamptz, bigint) to hansa_app;
grant usage on type tracking.event_draft to hansa_app;
