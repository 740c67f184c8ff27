-- EDI in: from the document that the codec makes of a file (server/codec/x12_document.h) to shipments and events.
--
-- Per interchange: applied once for its sender and control number. Per set: find or make the shipment, then record the
-- events. A set that cannot be stored is undone by itself and says why; the file is kept in every case.

-- Which of our kinds a reference of the codec is stored as.
create or replace function exchange.number_kind(p_kind text) returns text
    language sql immutable parallel safe
    as $$ select case when p_kind in ('BOL', 'MASTER_BOL', 'PRO', 'PO', 'CUSTOMER', 'SHIPMENT', 'CONTAINER', 'BOOKING', 'WAYBILL',
                                      'DELIVERY_ORDER') then p_kind
                      when p_kind = 'AIR_WAYBILL' then 'AWB' when p_kind = 'EQUIPMENT' then 'CONTAINER' else 'OTHER' end $$;

-- The shipment that a set is about: the first of its keys that fits, and of several shipments the newest. Numbers that a
-- carrier gives out count only for that carrier; a number of the shipper's counts unless another carrier has the shipment.
create or replace function exchange.shipment_find(p_tenant uuid, p_scac text, p_keys jsonb, out shipment_id uuid, out matched_by text)
    language plpgsql stable
    as $$
declare
    v_key record;
begin
    for v_key in
        select k.value ->> 0 as kind, k.value ->> 1 as number, orders.api_number_key(k.value ->> 1) as number_key
          from jsonb_array_elements(p_keys) with ordinality as k (value, place) order by k.place
    loop
        -- offset 0: the number first, then its shipments one by one, whatever the statistics say.
        select n.shipment_id into shipment_id
          from (select k.shipment_id, k.kind
                  from orders.v_shipment_number k
                 where k.tenant_id = p_tenant and k.number_key = v_key.number_key
                offset 0) n
         cross join lateral (
               select v.carrier_scac from orders.v_shipment v where v.tenant_id = p_tenant and v.shipment_id = n.shipment_id offset 0) s
         where case when v_key.kind in ('PRO', 'CONTAINER', 'EQUIPMENT', 'WAYBILL')
                        then n.kind = exchange.number_kind(v_key.kind) and s.carrier_scac = p_scac
                    when v_key.kind in ('SHIPMENT', 'TRACKING')
                        then n.kind not in ('PRO', 'CONTAINER', 'SSCC') and coalesce(s.carrier_scac = p_scac, true)
                    else n.kind = exchange.number_kind(v_key.kind) and coalesce(s.carrier_scac = p_scac, true) end
         order by n.shipment_id desc
         limit 1;
        if shipment_id is not null then
            matched_by := v_key.kind;
            return;
        end if;
    end loop;
end $$;

-- Numbers of a set in our words, without what no number may be.
create or replace function exchange.set_numbers(p_keys jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select coalesce(jsonb_agg(distinct jsonb_build_object('kind', exchange.number_kind(k.value ->> 0), 'number', k.value ->> 1)), '[]')
      from jsonb_array_elements(p_keys) as k (value)
     where length(k.value ->> 1) between 1 and 64 and core.is_line(k.value ->> 1) and orders.api_number_key(k.value ->> 1) <> '');
end $$;

-- Country of an event's place as ISO 3166-1 alpha-2, where the sender's word for it is one that we know.
create or replace function exchange.country_code(p_text text) returns text
    language sql immutable parallel safe
    as $$ select case upper(p_text) when 'USA' then 'US' when 'CAN' then 'CA' when 'MEX' then 'MX' when 'UK' then 'GB'
                      else case when p_text ~ '^[A-Z]{2}$' then p_text end end $$;

-- Address of an N1 loop as a place of ours.
create or replace function exchange.party_place(p_address jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select nullif(jsonb_strip_nulls(jsonb_build_object('name', left(normalize(p_address ->> 'name'), 120),
                     'address_lines', nullif(to_jsonb(array_remove(array[p_address ->> 'line_1', p_address ->> 'line_2'], null)), '[]'),
                     'city', p_address -> 'city', 'region', p_address -> 'state', 'postcode', p_address -> 'postcode',
                     'country', exchange.country_code(p_address ->> 'country'))), '{}') $$;

-- Parties of a set in our words; of the addresses the first 20.
create or replace function exchange.set_parties(p_addresses jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
select coalesce(jsonb_agg(jsonb_build_object('role', p.role, 'name', p.name, 'code', p.code, 'address', p.address - 'name') order by p.place), '[]')
  from (select a.place, left(normalize(a.value ->> 'name'), 200) as name, left(a.value ->> 'id', 40) as code,
               exchange.party_place(a.value) as address,
               case a.value ->> 'party' when 'SH' then 'SHIPPER' when 'SF' then 'SHIPPER' when 'CN' then 'CONSIGNEE' when 'ST' then 'CONSIGNEE'
                    when 'BT' then 'BILL_TO' when 'N1' then 'NOTIFY' when 'CA' then 'CARRIER' when 'FW' then 'FORWARDER'
                    when 'BR' then 'BROKER' when 'CB' then 'BROKER' else 'OTHER' end as role
          from jsonb_array_elements(p_addresses) with ordinality as a (value, place)
         where a.place <= 20) p
 where p.name <> '' and core.is_line(p.name || coalesce(p.code, '')));
end $$;

-- Where a set says that the goods come from or go to: the place itself (SF, ST) before the party (SH, CN).
create or replace function exchange.set_place(p_addresses jsonb, p_site text, p_party text) returns jsonb
    language plpgsql immutable
    as $$
begin
    return (
    select exchange.party_place(a.value)
            from jsonb_array_elements(p_addresses) with ordinality as a (value, place)
           where a.value ->> 'party' in (p_site, p_party) and a.value ? 'city'
           order by a.value ->> 'party' <> p_site, a.place
           limit 1);
end $$;

-- Events of a set in the form that tracking takes. A time without zone gets that of its place, else the partner's default.
-- An estimate is made at the time of its message and tells the time to come, whose zone is the event's; everything else
-- happened at its own time.
create or replace function exchange.set_events(p_shipment uuid, p_source text, p_set jsonb, p_said_at text, p_zone text) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'shipment_id', p_shipment, 'source', p_source,
           'source_event_id', left(encode(sha256(convert_to(concat_ws('|', p_shipment, e.value ->> 'code', e.raw_code,
               upper(e.value -> 'at' ->> 'city'), upper(e.value -> 'at' ->> 'state'), upper(e.value -> 'at' ->> 'country'),
               e.value ->> 'latitude', e.value ->> 'longitude', left(e.clock, 16), e.zone), 'UTF8')), 'hex'), 40),
           'code', e.value ->> 'code',
           'reason', nullif(nullif(coalesce(e.value ->> 'reason', e.value ->> 'appointment_reason'), 'NS'), 'NA'),
           'moves_status', e.value -> 'moves_status',
           'event_time', case when e.is_estimate and p_said_at is not null then core.rfc3339(p_said_at::timestamp at time zone p_zone) else e.clock end,
           'zone', e.zone,
           'zone_source', case when e.is_estimate and p_said_at is not null then 'ASSUMED' else e.zone_source end,
           'eta', case when e.is_estimate and e.value ->> 'time_subject' = 'delivery' and core.is_time(e.clock) then
                           case when core.has_offset(e.clock) then e.clock else core.rfc3339(e.clock::timestamp at time zone e.zone) end end,
           'place', nullif(jsonb_strip_nulls(jsonb_build_object('city', e.value -> 'at' -> 'city', 'region', e.value -> 'at' -> 'state',
               'country', exchange.country_code(e.value -> 'at' ->> 'country'), 'latitude', e.value -> 'latitude',
               'longitude', e.value -> 'longitude')), '{}'),
           'raw_code', e.raw_code,
           'raw_list', case when e.value ->> 'status' is not null then 'X12 1650' else 'X12 1652' end,
           'raw', left(e.value ->> 'raw', 500))) order by e.place), '[]')
  from (select v.value, v.place, coalesce(v.value ->> 'status', v.value ->> 'appointment') as raw_code,
               v.value ->> 'time_kind' = 'estimate' as is_estimate, z.zone,
               (v.value ->> 'event_time_local') || case when z.zone ~ '^[+-]' then z.zone else '' end as clock,
               case when z.is_default then 'ASSUMED' when v.value ->> 'zone_source' = 'given' then 'CODE' else 'PLACE' end as zone_source
          from jsonb_array_elements(p_set -> 'events') with ordinality as v (value, place)
         cross join lateral (
               select case when g.is_usable then v.value ->> 'zone' else p_zone end as zone, not g.is_usable as is_default
                 from (select coalesce(v.value ->> 'zone' ~ '^[+-]' or exists (select from core.zone k where k.zone = v.value ->> 'zone'),
                                       false) as is_usable) g) z) e);
end $$;

-- When the sender says that it spoke: date and time of the group, on the clock of the default zone.
create or replace function exchange.group_clock(p_group jsonb) returns text
    language plpgsql immutable
    as $$
begin
    return (
    select case when core.is_time(t.clock) then t.clock end
            from (select regexp_replace(case when p_group ->> 'date' ~ '^\d{6}$' then '20' else '' end || (p_group ->> 'date'),
                                        '^(\d{4})(\d\d)(\d\d)$', '\1-\2-\3')
                         || regexp_replace(p_group ->> 'time', '^(\d\d)(\d\d).*$', 'T\1:\2') as clock) t);
end $$;

-- One set of an interchange that counts. Answers what became of it.
create or replace function exchange.set_apply(p_tenant uuid, p_actor uuid, p_interchange jsonb, p_set jsonb, p_zone text) returns jsonb
    language plpgsql volatile
    as $$
declare
    v_scac text := case when p_set ->> 'scac' ~ '^[A-Z]{2,4}$' then p_set ->> 'scac' end;
    v_found record;
    v_shipment uuid;
    v_is_new boolean := false;
    v_events jsonb;
    v_count json;
begin
    select f.shipment_id, f.matched_by into v_found from exchange.shipment_find(p_tenant, v_scac, p_set -> 'keys') f;
    v_shipment := v_found.shipment_id;
    if v_shipment is null then
        v_is_new := true;
        v_shipment := orders.api_shipment_create(p_tenant, p_actor, jsonb_build_object('carrier_scac', v_scac,
            'references', exchange.set_numbers(p_set -> 'keys'), 'parties', exchange.set_parties(p_set -> 'addresses'),
            'origin', exchange.set_place(p_set -> 'addresses', 'SF', 'SH'), 'destination', exchange.set_place(p_set -> 'addresses', 'ST', 'CN')), 'EDI');
    else
        perform orders.api_numbers_add(p_tenant, v_shipment, exchange.set_numbers(p_set -> 'keys'));
    end if;
    v_events := exchange.set_events(v_shipment, 'edi:' || coalesce(v_scac, p_interchange ->> 'sender'), p_set,
                                    exchange.group_clock(p_interchange -> 'groups' -> (p_set ->> 'group')::integer), p_zone);
    v_count := case when v_events <> '[]' then tracking.api_events_record(p_tenant, p_actor, v_events)
                    else '{"accepted": 0, "duplicates": 0, "unmoved": [], "rejected": []}' end;
    return jsonb_build_object('shipment', jsonb_build_object('shipment_id', v_shipment, 'is_new', v_is_new,
               'matched_by', v_found.matched_by,
               'tracking_number', (select s.tracking_number from orders.v_shipment s
                                    where s.tenant_id = p_tenant and s.shipment_id = v_shipment))) || v_count::jsonb;
end $$;

-- What the report says of a set before it is applied: what was read.
create or replace function exchange.set_report(p_set jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_build_object('set', p_set -> 'set', 'control', p_set -> 'control', 'verdict', upper(p_set ->> 'verdict'),
                     'problem', p_set -> 'problem', 'warnings', coalesce(p_set -> 'warnings', '[]'),
                     'carrier_reference', p_set -> 'carrier_reference', 'shipment_id', p_set -> 'shipment_id', 'scac', p_set -> 'scac',
                     'events', coalesce((select jsonb_agg(jsonb_build_object('code', e -> 'code', 'text', e -> 'text',
                                    'raw_code', coalesce(e -> 'status', e -> 'appointment'), 'event_time_local', e -> 'event_time_local',
                                    'zone', e -> 'zone', 'zone_source', e -> 'zone_source'))
                                  from jsonb_array_elements(p_set -> 'events') e), '[]')));
end $$;

create or replace function exchange.edi_receive(p_tenant uuid, p_actor uuid, p_document jsonb, p_raw bytea, p_zone text) returns json
    language plpgsql volatile
    as $$
declare
    v_message uuid := core.uuidv7();
    v_zone text := coalesce(p_zone, (select t.zone from identity.v_tenant t where t.id = p_tenant), 'UTC');
    v_interchange jsonb;
    v_control text;
    v_is_repeat boolean;
    v_new jsonb := '[]'::jsonb;       -- interchanges to be remembered
    v_set jsonb;
    v_report jsonb;
    v_reports jsonb := '[]'::jsonb;
    v_applied integer := 0;
    v_refused integer := 0;
    v_repeats integer := 0;
    v_verdict text;
begin
    if p_document ->> 'verdict' is distinct from 'accepted' then
        raise exception using errcode = 'PN422', message = 'exchange/edi_refused',
            detail = coalesce(p_document -> 'reason' ->> 'detail', 'This is no file that can be read as X12.');
    elsif not exists (select from core.zone z where z.zone = v_zone) then
        raise exception using errcode = 'PN422', message = 'exchange/zone_unknown', column = '/zone',
            detail = 'Give an IANA zone such as America/Chicago.';
    end if;
    -- Files of one sender queue up, so that neither an interchange is applied twice nor a shipment made twice.
    perform pg_advisory_xact_lock(s.key)
       from (select distinct hashtextextended(p_tenant || ' edi ' || coalesce(i ->> 'sender', ''), 0) as key
               from jsonb_array_elements(p_document -> 'interchanges') i order by 1) s;

    for v_interchange in select i from jsonb_array_elements(p_document -> 'interchanges') i loop
        v_control := coalesce(nullif(ltrim(v_interchange ->> 'control', '0 '), ''), '0');
        v_is_repeat := coalesce((v_interchange ->> 'is_duplicate')::boolean, false)
            or exists (select from exchange.edi_interchange k
                        where k.tenant_id = p_tenant and k.sender = v_interchange ->> 'sender' and k.control = v_control);
        if not v_is_repeat then
            v_new := v_new || jsonb_build_object('sender', v_interchange ->> 'sender', 'control', v_control);
        end if;
        for v_set in select s from jsonb_array_elements(v_interchange -> 'sets') s loop
            v_report := jsonb_build_object('sender', v_interchange -> 'sender', 'interchange', v_interchange -> 'control')
                        || exchange.set_report(v_set);
            if v_is_repeat then
                v_repeats := v_repeats + 1;
                v_report := v_report || '{"verdict": "DUPLICATE"}';
            elsif v_set ->> 'verdict' = 'accepted' then
                begin
                    v_report := v_report || exchange.set_apply(p_tenant, p_actor, v_interchange, v_set, v_zone);
                    v_applied := v_applied + 1;
                exception when integrity_constraint_violation or data_exception then
                    v_refused := v_refused + 1;
                    v_report := v_report || jsonb_build_object('verdict', 'REJECTED', 'problem', jsonb_build_object('code', 'not_storable',
                        'detail', 'The set was read, but something in it cannot be stored; nothing of it was.'));
                end;
            else
                v_refused := v_refused + 1;
            end if;
            v_reports := v_reports || v_report;
        end loop;
    end loop;

    v_verdict := case when v_applied > 0 and v_refused = 0 then 'ACCEPTED' when v_applied > 0 then 'PARTLY'
                      when v_refused = 0 and v_repeats > 0 then 'DUPLICATE' else 'REJECTED' end;
    v_interchange := p_document -> 'interchanges' -> 0;
    -- A byte order mark says nothing that a sender could act on.
    v_report := jsonb_build_object('duplicate', v_verdict = 'DUPLICATE', 'sets', v_reports, 'warnings', coalesce(
        (select jsonb_agg(w.value order by w.place) from jsonb_array_elements(p_document -> 'warnings') with ordinality as w (value, place)
          where w.value ->> 'code' is distinct from 'byte_order_mark'), '[]'));
    insert into exchange.edi_message (tenant_id, message_id, format, sender, receiver, control, verdict, is_duplicate, received_by, raw, report)
    values (p_tenant, v_message, 'X12', v_interchange ->> 'sender', v_interchange ->> 'receiver', v_interchange ->> 'control', v_verdict,
            v_verdict = 'DUPLICATE', p_actor, p_raw, v_report);
    insert into exchange.edi_interchange (tenant_id, sender, control, message_id)
    select p_tenant, n.sender, n.control, v_message
      from jsonb_to_recordset(v_new) as n (sender text, control text)
     where n.sender is not null;
    return exchange.message_document(p_tenant, v_message);
end $$;
comment on function exchange.edi_receive(uuid, uuid, jsonb, bytea, text) is
    'Keeps a file, applies what can be applied and answers the report; p_zone is the sender''s default zone.';

create or replace function exchange.message_document(p_tenant uuid, p_message uuid) returns json
    language plpgsql stable
    as $$
begin
    return (
    select json_build_object('message_id', m.message_id, 'format', m.format, 'verdict', m.verdict, 'duplicate', m.is_duplicate,
               'sender', m.sender, 'receiver', m.receiver, 'control', m.control, 'received_at', core.rfc3339(m.received_at),
               'size', octet_length(m.raw), 'warnings', m.report -> 'warnings', 'sets', m.report -> 'sets')
      from exchange.edi_message m
     where m.tenant_id = p_tenant and m.message_id = p_message);
end $$;
comment on function exchange.message_document(uuid, uuid) is 'A message with its report, as in edi_message.json; null when there is none.';

grant execute on function exchange.number_kind(text), exchange.shipment_find(uuid, text, jsonb), exchange.set_numbers(jsonb),
    exchange.party_place(jsonb), exchange.set_parties(jsonb), exchange.set_place(jsonb, text, text), exchange.country_code(text), exchange.set_events(uuid, text, jsonb, text, text),
    exchange.group_clock(jsonb), exchange.set_apply(uuid, uuid, jsonb, jsonb, text), exchange.set_report(jsonb),
    exchange.edi_receive(uuid, uuid, jsonb, bytea, text), exchange.message_document(uuid, uuid) to hansa_app;
