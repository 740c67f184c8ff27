-- What room exchange asks of events, to tell them to those who have a part in a shipment.

create or replace function tracking.api_events_named(p_tenant uuid, p_shipment uuid, p_events uuid[])
    returns table (event_id uuid, body jsonb, leg_id uuid, source text, superseded_source text)
    language plpgsql stable
    as $$
begin
    return query
        select e.event_id, v.body::jsonb, e.leg_id, e.source, o.source
          from unnest(p_events) i (id)
         cross join lateral (
               select t.event_id, t.leg_id, t.source, t.supersedes from tracking.event t
                where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = i.id
               offset 0) e
         cross join lateral (
               select t.body from tracking.v_event t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = i.id
               offset 0) v
          left join lateral (
               select t.source from tracking.event t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.event_id = e.supersedes
               offset 0) o on true
         order by e.event_id;
end $$;
comment on function tracking.api_events_named(uuid, uuid, uuid[]) is
    'Events of a shipment by their ids, in the order of acceptance: body as in replies, leg, source, and the source of the event that each corrects.';

create or replace function tracking.api_event_is_known(p_tenant uuid, p_source text, p_source_event text) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from tracking.event e where e.tenant_id = p_tenant and e.source = p_source and e.source_event_id = p_source_event);
end $$;
comment on function tracking.api_event_is_known(uuid, text, text) is 'Has the tenant an event of this source and id?';

grant execute on function tracking.api_events_named(uuid, uuid, uuid[]), tracking.api_event_is_known(uuid, text, text) to hansa_app;
