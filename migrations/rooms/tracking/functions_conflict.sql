-- The same id with other content is told, never swallowed: (source, source_event_id) is taken once, so what comes again under it must
-- be the same event.

-- In what an event that stands differs from one that came; null when in nothing. What the sender does not say himself is not
-- compared: the raw text, whether it moves the status, a unit that was found later than the event.
create or replace function tracking.event_difference(e tracking.event, d tracking.event_draft) returns text
    language sql immutable
    as $$ select nullif(concat_ws(', ',
              case when e.code <> d.code then 'code' end,
              case when e.event_time <> d.event_time then 'event_time' end,
              case when e.reason is distinct from d.reason then 'reason' end,
              case when e.eta is distinct from d.eta then 'eta' end,
              case when (e.unlocode, e.place_name, e.city, e.region, e.country, e.latitude, e.longitude)
                        is distinct from (d.unlocode, d.place_name, d.city, d.region, d.country, d.latitude, d.longitude) then 'place' end,
              case when (e.raw_code, e.raw_list) is distinct from (d.raw_code, d.raw_list) then 'raw_code' end,
              case when e.handling_unit_id is not null and e.handling_unit_id is distinct from d.handling_unit_id then 'sscc' end,
              case when (e.consignment_id, e.leg_id, e.stop_id) is distinct from (d.consignment_id, d.leg_id, d.stop_id)
                   then 'consignment_id, leg_id, stop_id' end), '') $$;
comment on function tracking.event_difference(tracking.event, tracking.event_draft) is 'Members in which an event differs from what came under its id.';

-- The problem of a draft whose id is taken by another event; null when it is the same one. A number may have gone to a newer
-- shipment since the first time: then it still is the same event, as long as the old shipment has the number, too.
create or replace function tracking.event_conflict(p_tenant uuid, e tracking.event, d tracking.event_draft, p_number text) returns text
    language plpgsql stable
    as $$
declare
    v_difference text := tracking.event_difference(e, d);
    v_is_elsewhere boolean := e.shipment_id <> d.shipment_id and not exists (
        select from orders.v_shipment_number n
         where n.tenant_id = p_tenant and n.number_key = orders.api_number_key(p_number) and n.shipment_id = e.shipment_id);
begin
    if v_difference is null and not v_is_elsewhere then
        return null;
    end if;
    return concat('event_conflict|source_event_id|This id stands for ', e.code, ' at ', core.rfc3339(e.event_time),
                  case when v_is_elsewhere then ' of another shipment' end,
                  case when v_difference is not null then '; what came differs in ' || v_difference end,
                  '. Nothing was changed: send a new id, or a correction with supersedes.');
end $$;
comment on function tracking.event_conflict(uuid, tracking.event, tracking.event_draft, text) is 'Why an event is no duplicate of the one that has its id, or null.';

-- The drafts again, with a problem where an id is taken by other content. Those that were just stored have ids made of this
-- moment and their index.
create or replace function tracking.events_conflicts(p_tenant uuid, p_drafts tracking.event_draft[], p_events jsonb, p_microsecond bigint,
                                                     p_tail text) returns tracking.event_draft[]
    language plpgsql stable
    as $$
declare
    v_draft tracking.event_draft;
    v_event tracking.event;
begin
    for v_draft in select * from unnest(p_drafts) d where d.problem is null and d.corrected_event is null loop
        select * into v_event from tracking.event e
         where e.tenant_id = p_tenant and e.source = v_draft.source and e.source_event_id = v_draft.source_event_id;
        if found and v_event.event_id <> core.uuidv7_at(p_microsecond + v_draft.index, p_tail) then
            v_draft.problem := tracking.event_conflict(p_tenant, v_event, v_draft, p_events -> v_draft.index ->> 'number');
            p_drafts[v_draft.index + 1] := v_draft;
        end if;
    end loop;
    return p_drafts;
end $$;
comment on function tracking.events_conflicts(uuid, tracking.event_draft[], jsonb, bigint, text) is 'Drafts judged against events that have their ids already.';

grant execute on function tracking.event_difference(tracking.event, tracking.event_draft), tracking.event_conflict(uuid, tracking.event, tracking.event_draft, text),
    tracking.events_conflicts(uuid, tracking.event_draft[], jsonb, bigint, text) to hansa_app;
