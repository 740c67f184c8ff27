-- Status both ways: events of a shipment in which another tenant has a part go into its books, by documents as all else.

create or replace function exchange.api_share_open(p_tenant uuid, p_share uuid, p_counterpart uuid, p_alliance uuid, p_side text, p_shipment uuid,
                                                   p_leg uuid) returns void
    language plpgsql volatile
    as $$
begin
    insert into exchange.share (tenant_id, share_id, counterpart, alliance_id, side, shipment_id, leg_id)
    values (p_tenant, p_share, p_counterpart, p_alliance, p_side, p_shipment, p_leg)
        on conflict (tenant_id, share_id) do nothing;
    perform tracking.api_watch(p_tenant, p_shipment);
end $$;
comment on function exchange.api_share_open(uuid, uuid, uuid, uuid, text, uuid, uuid) is
    'From now on events of the shipment are told to the counterpart, as far as the charter lets them. p_side: OWNER or CARRIER, our own.';

create or replace function exchange.api_share_end(p_tenant uuid, p_share uuid) returns void
    language plpgsql volatile
    as $$
begin
    update exchange.share s set ended_at = clock_timestamp() where s.tenant_id = p_tenant and s.share_id = p_share and s.ended_at is null;
end $$;
comment on function exchange.api_share_end(uuid, uuid) is 'From now on nothing of the shipment is told to the counterpart, nor taken from it.';

-- Under which source events of a counterpart stand in our books.
create or replace function exchange.source_of(p_counterpart uuid) returns text
    language plpgsql stable
    as $$
begin
    return 'partner:' || coalesce(partners.api_organisation_of(p_counterpart), p_counterpart);
end $$;
comment on function exchange.source_of(uuid) is 'partner: and the counterpart''s id in the directory.';

-- Which of the events concern the counterpart. Never what it told itself (no echo), nor our corrections of what it told: those are
-- our reading, its books keep its own. A carrier hears of its own leg and of those next to it, where goods pass from hand to hand.
create or replace function exchange.events_told(p_tenant uuid, p_share exchange.share, p_events uuid[]) returns jsonb
    language plpgsql stable
    as $$
declare
    v_source text := exchange.source_of(p_share.counterpart);
    v_legs uuid[] := case when p_share.side = 'OWNER' then orders.api_legs_near(p_tenant, p_share.leg_id) end;
begin
    return (
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'id', e.body ->> 'event_id', 'code', e.body ->> 'code', 'reason', e.body ->> 'reason', 'event_time', e.body ->> 'event_time',
               'zone', e.body ->> 'zone', 'zone_source', e.body ->> 'zone_source', 'place', nullif(jsonb_strip_nulls(e.body -> 'place'), '{}'),
               'eta', e.body ->> 'eta', 'sscc', e.body ->> 'sscc', 'raw_code', e.body ->> 'raw_code', 'raw_list', e.body ->> 'raw_list',
               'is_part', case when e.body ->> 'sscc' is not null then true end,
               'supersedes', e.body ->> 'supersedes')) order by e.event_id)
      from tracking.api_events_named(p_tenant, p_share.shipment_id, p_events) e
     where e.source <> v_source and e.superseded_source is distinct from v_source and (v_legs is null or e.leg_id = any (v_legs)));
end $$;
comment on function exchange.events_told(uuid, exchange.share, uuid[]) is 'Events as a STATUS document tells them, before the charter''s mask; null when none concerns the counterpart.';

-- For the job exchange.share: an event tracking.shipment.told becomes a document for each counterpart with a part in the shipment.
create or replace function exchange.told_share(p_tenant uuid, p_event uuid, p_shipment uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_ids uuid[] := array(select i::uuid from core.event e, jsonb_array_elements_text(e.data -> 'event_ids') i
                           where e.tenant_id = p_tenant and e.event_id = p_event);
    v_share exchange.share;
    v_events jsonb;
    v_count integer := 0;
begin
    for v_share in select s.* from exchange.share s
                    where s.tenant_id = p_tenant and s.shipment_id = p_shipment and s.ended_at is null order by s.share_id loop
        v_events := exchange.events_told(p_tenant, v_share, v_ids);
        if v_events is not null
           and exchange.api_document_send(p_tenant, v_share.counterpart, v_share.alliance_id, 'STATUS',
                                          case v_share.side when 'OWNER' then 'CARRIER' else 'OWNER' end, v_share.share_id,
                                          jsonb_build_object('events', v_events)) is not null then
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end $$;
comment on function exchange.told_share(uuid, uuid, uuid) is 'Sends new events of a shipment to those who have a part in it; answers how many documents.';

-- For the job exchange.share_proof: the owner is told who took delivery, and given photos and signature, as far as the charter lets it
-- (/photos, /signature). What is told of them is lent in the same transaction, so the bytes are there when the document is.
create or replace function exchange.proof_share(p_tenant uuid, p_proof uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_proof jsonb := tracking.api_proof(p_tenant, p_proof);
    v_share exchange.share;
    v_document uuid;
    v_body jsonb;
    v_count integer := 0;
begin
    for v_share in select s.* from exchange.share s
                    where s.tenant_id = p_tenant and s.shipment_id = (v_proof ->> 'shipment_id')::uuid and s.side = 'CARRIER' and s.ended_at is null
                    order by s.share_id loop
        v_document := exchange.api_document_send(p_tenant, v_share.counterpart, v_share.alliance_id, 'POD', 'OWNER', v_share.share_id, v_proof - 'shipment_id');
        if v_document is not null then
            v_body := exchange.api_document_body(p_tenant, v_document);
            perform files.api_lend(p_tenant, v_share.counterpart, coalesce(v_body -> 'photos', '[]')
                                   || case when v_body ? 'signature' then jsonb_build_array(v_body -> 'signature') else '[]' end);
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end $$;
comment on function exchange.proof_share(uuid, uuid) is 'Sends a proof of delivery to the owner of the leg; answers how many documents.';

-- An event of which a member that it needs was withheld cannot be told at all. One about a unit that we do not know, or may not
-- know, is kept on the shipment and leaves its status alone. A correction of what was never told to us stands by itself, and a
-- withdrawal of such says nothing.
create or replace function exchange.status_apply(p_tenant uuid, p_document exchange.document) returns void
    language plpgsql volatile
    as $$
declare
    v_share exchange.share;
    v_source text := exchange.source_of(p_document.counterpart);
    v_events jsonb;
    v_done json;
begin
    select s.* into v_share from exchange.share s
     where s.tenant_id = p_tenant and s.share_id = p_document.subject_id and s.counterpart = p_document.counterpart and s.ended_at is null;
    if not found then
        raise exception using errcode = 'PN404', message = 'exchange/share_unknown';
    elsif p_document.kind = 'POD' then
        if not p_document.body ?& '{proof_id,event_id,condition,pieces_ok,delivered_at}' then
            raise exception using errcode = 'PN422', message = 'exchange/not_applicable';
        end if;
        perform tracking.api_proof_told(p_tenant, p_document.counterpart, v_share.shipment_id, v_share.leg_id, v_source, p_document.body);
        return;
    end if;
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'shipment_id', v_share.shipment_id, 'leg_id', v_share.leg_id, 'source', v_source, 'source_event_id', g.id, 'code', g.code,
               'reason', g.reason, 'event_time', g.event_time, 'zone', g.zone, 'zone_source', g.zone_source, 'eta', g.eta, 'place', g.place,
               'raw_code', g.raw_code, 'raw_list', g.raw_list, 'sscc', u.sscc,
               'moves_status', case when g.is_part and u.sscc is null then false end,
               'supersedes', case when g.is_known then jsonb_build_object('source', v_source, 'source_event_id', g.supersedes) end)) order by g.place_no)
      into v_events
      from (select e.*, e.ordinality as place_no,
                   tracking.api_event_is_known(p_tenant, v_source, e.supersedes)
                   or exists (select from jsonb_array_elements(p_document.body -> 'events') b where b ->> 'id' = e.supersedes) as is_known
              from rows from (jsonb_to_recordset(p_document.body -> 'events') as (
                       id text, code text, reason text, event_time text, zone text, zone_source text, eta text, place jsonb, sscc text,
                       raw_code text, raw_list text, is_part boolean, supersedes text)) with ordinality as e) g
      left join lateral (
           select h.sscc from orders.v_handling_unit h
            where h.tenant_id = p_tenant and h.shipment_id = v_share.shipment_id and h.sscc = g.sscc
           offset 0) u on true
     where g.code is not null and g.event_time is not null and (g.supersedes is null or g.is_known or g.code <> 'OTH');
    if v_events is null then
        return;
    end if;
    v_done := tracking.api_events_record(p_tenant, null, v_events);
    if json_array_length(v_done -> 'rejected') = jsonb_array_length(v_events) then
        raise exception using errcode = 'PN422', message = v_done -> 'rejected' -> 0 ->> 'code';
    elsif v_share.side = 'CARRIER' and exists (select from tracking.v_shipment_status t
            where t.tenant_id = p_tenant and t.shipment_id = v_share.shipment_id and t.status = 'CANCELLED') then
        perform orders.api_award_called_off(p_tenant, v_share.share_id, 'Called off by who gave it.');
    end if;
end $$;
comment on function exchange.status_apply(uuid, exchange.document) is 'Records the events of a STATUS document, or the proof of a POD document, on our own shipment.';

grant execute on function exchange.api_share_open(uuid, uuid, uuid, uuid, text, uuid, uuid), exchange.api_share_end(uuid, uuid), exchange.source_of(uuid),
    exchange.events_told(uuid, exchange.share, uuid[]), exchange.told_share(uuid, uuid, uuid), exchange.proof_share(uuid, uuid), exchange.status_apply(uuid, exchange.document)
    to hansa_app;
