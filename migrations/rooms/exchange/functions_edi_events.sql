-- What a set tells, in our words: places, parties, events.

-- Country of an event's place as ISO 3166-1 alpha-2, where the sender's word for it is one that we know.
create or replace function exchange.country_code(p_text text) returns text
    language sql immutable parallel safe
    as $$ select case when upper(p_text) = 'UK' then 'GB' when upper(p_text) ~ '^[A-Z]{2}$' then upper(p_text)
                      else '{"AUS": "AU", "AUT": "AT", "BEL": "BE", "BRA": "BR", "CAN": "CA", "CHE": "CH", "CHN": "CN", "CZE": "CZ", "DEU": "DE",
                             "DNK": "DK", "ESP": "ES", "FRA": "FR", "GBR": "GB", "HKG": "HK", "IDN": "ID", "IND": "IN", "IRL": "IE", "ITA": "IT",
                             "JPN": "JP", "KOR": "KR", "MEX": "MX", "MYS": "MY", "NLD": "NL", "NOR": "NO", "NZL": "NZ", "PHL": "PH", "POL": "PL",
                             "PRT": "PT", "SGP": "SG", "SWE": "SE", "THA": "TH", "TUR": "TR", "TWN": "TW", "USA": "US", "VNM": "VN",
                             "ZAF": "ZA"}'::jsonb ->> upper(p_text) end $$;

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

-- A segment that has no member of its own, as it stood but for the separator.
create or replace function exchange.segment_text(p_kept jsonb) returns text
    language plpgsql immutable
    as $$
begin
    return (p_kept ->> 'segment') || coalesce((select string_agg('*' || (e.value #>> '{}'), '' order by e.place)
                                                 from jsonb_array_elements(p_kept -> 'elements') with ordinality e (value, place)), '');
end $$;

-- Who signed, where a remark (K1) beside a delivery says it: SIGNED BY J SMITH, in one element or two.
create or replace function exchange.signer_named(p_remark text) returns text
    language sql immutable parallel safe
    as $$ select left(nullif(btrim((regexp_match(p_remark, '(?i)^\s*(?:pod\W+)?(?:signed(?:\s+(?:for\s+)?by)?|signature|rec(?:eive|\W?)d\s+by|pod\s+(?:signed\s+)?by)\s*[:=-]*\s*(.+)$'))[1]),
                              ''), 120) $$;

-- What an event says beside code, time and place; null when it says nothing more.
create or replace function exchange.event_details(p_event jsonb, p_code text, p_kept jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select nullif(jsonb_strip_nulls(jsonb_build_object(
               'equipment', p_event -> 'equipment', 'stop', p_event -> 'stop', 'place_inferred', p_event -> 'place_inferred',
               'references', nullif(p_event -> 'refs', '[]'),
               'weight', (select jsonb_build_object('value', s.value -> 'elements' ->> 2, 'unit', s.value -> 'elements' ->> 1,
                                                    'qualifier', s.value -> 'elements' ->> 0, 'pieces', s.value -> 'elements' ->> 3)
                            from jsonb_array_elements(p_kept) s (value) where s.value ->> 'segment' = 'AT8' limit 1),
               'signer', case when p_code in ('DLV', 'POD') then
                   (select min(exchange.signer_named(concat_ws(' ', s.value -> 'elements' ->> 0, s.value -> 'elements' ->> 1)))
                      from jsonb_array_elements(p_kept) s (value) where s.value ->> 'segment' = 'K1') end,
               'remarks', (select jsonb_agg(concat_ws(' ', s.value -> 'elements' ->> 0, s.value -> 'elements' ->> 1) order by s.place)
                             from jsonb_array_elements(p_kept) with ordinality s (value, place) where s.value ->> 'segment' = 'K1'),
               'segments', (select jsonb_agg(left(exchange.segment_text(s.value), 500) order by s.place)
                              from jsonb_array_elements(p_kept) with ordinality s (value, place)))), '{}'));
end $$;
comment on function exchange.event_details(jsonb, text, jsonb) is 'What an event of a set says beside code, time and place.';

-- A new estimate of the delivery that stands beside an event (DTM 017, G62 17), on the clock of its zone.
create or replace function exchange.estimate_clock(p_kept jsonb) returns text
    language plpgsql stable
    as $$
begin
    return (
    select max(t.clock)
      from (select regexp_replace(s.value -> 'elements' ->> 1, '^(\d{4})(\d\d)(\d\d)$', '\1-\2-\3') || 'T'
                   || coalesce(regexp_replace(substring(s.value -> 'elements' ->> case s.value ->> 'segment' when 'G62' then 3 else 2 end from '^\d{4}'),
                                              '^(\d\d)', '\1:'), '00:00') as clock
              from jsonb_array_elements(p_kept) s (value)
             where (s.value ->> 'segment', s.value -> 'elements' ->> 0) in (('DTM', '017'), ('G62', '17'))) t
     where core.is_time(t.clock));
end $$;

-- Events of a part of a set in the form that tracking takes, one for each handling unit that an event names. A time without zone
-- gets that of its place, else the default zone. An estimate is made at the time of its message and tells the time to come, whose
-- zone is the event's; everything else happened at its own time. p_stops: stop_id by number; CB says that all is delivered, so it is
-- tied to no stop.
drop function if exists exchange.set_events(uuid, text, jsonb, text, text);
create or replace function exchange.set_events(p_shipment uuid, p_source text, p_part jsonb, p_stops jsonb, p_said_at text, p_zone text) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'index', e.value -> 'index', 'shipment_id', p_shipment, 'source', p_source, 'sscc', u.sscc, 'stop_id', case when e.raw_code <> 'CB' then p_stops -> (e.value ->> 'stop') end,
           'source_event_id', left(encode(sha256(convert_to(concat_ws('|', p_shipment, e.value ->> 'code', e.raw_code,
               upper(e.value -> 'at' ->> 'city'), upper(e.value -> 'at' ->> 'state'), upper(e.value -> 'at' ->> 'country'),
               e.value ->> 'latitude', e.value ->> 'longitude', left(e.clock, 16), e.zone, 'stop ' || (e.value ->> 'stop'), 'unit ' || u.sscc,
               'of ' || nullif(e.value ->> 'refs', '[]')), 'UTF8')), 'hex'), 40),
           'code', e.value ->> 'code',
           'reason', nullif(nullif(coalesce(e.value ->> 'reason', e.value ->> 'appointment_reason'), 'NS'), 'NA'),
           'moves_status', e.value -> 'moves_status',
           'event_time', case when e.is_estimate and p_said_at is not null then core.rfc3339(p_said_at::timestamp at time zone p_zone) else e.clock end,
           'zone', e.zone,
           'zone_source', case when e.is_estimate and p_said_at is not null then 'ASSUMED' else e.zone_source end,
           'eta', case when core.is_time(e.eta_clock) then
                      case when core.has_offset(e.eta_clock) then e.eta_clock else core.rfc3339(e.eta_clock::timestamp at time zone e.zone) end end,
           'place', nullif(jsonb_strip_nulls(jsonb_build_object('city', e.value -> 'at' -> 'city', 'region', e.value -> 'at' -> 'state',
               'country', exchange.country_code(e.value -> 'at' ->> 'country'), 'latitude', e.value -> 'latitude',
               'longitude', e.value -> 'longitude')), '{}'),
           'raw_code', e.raw_code,
           'raw_list', case when e.value ->> 'status' is not null then 'X12 1650' else 'X12 1652' end,
           'raw', left(e.value ->> 'raw', 500), 'details', e.details)) order by e.place, u.sscc), '[]')
  from (select v.value, v.place, z.zone, c.raw_code, c.clock, c.is_estimate, case when k.kept <> '[]' or v.value ?| '{equipment,stop,place_inferred}' or v.value -> 'refs' <> '[]' then
                   exchange.event_details(v.value, v.value ->> 'code', k.kept) end as details,
               case when c.is_estimate and v.value ->> 'time_subject' = 'delivery' then c.clock
                    when k.kept <> '[]' then exchange.estimate_clock(k.kept) || z.mark end as eta_clock,
               case when z.is_default or v.value ? 'place_inferred' and v.value ->> 'zone_source' <> 'given' then 'ASSUMED'
                    when v.value ->> 'zone_source' = 'given' then 'CODE' else 'PLACE' end as zone_source
          from jsonb_array_elements(p_part -> 'events') with ordinality as v (value, place)
         cross join lateral (
               select n.*, case when n.zone ~ '^[+-]' then n.zone else '' end as mark
                 from (select case when g.is_usable then v.value ->> 'zone' else p_zone end as zone, not g.is_usable as is_default
                         from (select coalesce(v.value ->> 'zone' ~ '^[+-]' or exists (select from core.zone k where k.zone = v.value ->> 'zone'),
                                               false) as is_usable) g) n) z
         cross join lateral (
               select coalesce(v.value ->> 'status', v.value ->> 'appointment') as raw_code, (v.value ->> 'event_time_local') || z.mark as clock,
                      v.value ->> 'time_kind' = 'estimate' as is_estimate) c
         cross join lateral (select coalesce(v.value -> 'kept', '[]') as kept) k
         where not v.value ? 'problem'
        offset 0 /* each of its columns is reckoned once */) e
 cross join lateral (select j.sscc from jsonb_array_elements_text(e.value -> 'sscc') j (sscc)
                     union all select null where coalesce(jsonb_array_length(e.value -> 'sscc'), 0) = 0) u);
end $$;
comment on function exchange.set_events(uuid, text, jsonb, jsonb, text, text) is 'Events of a part of a set in the form that tracking takes, with their index in the set.';

grant execute on function exchange.party_place(jsonb), exchange.set_parties(jsonb), exchange.set_place(jsonb, text, text), exchange.country_code(text),
    exchange.group_clock(jsonb), exchange.segment_text(jsonb), exchange.signer_named(text), exchange.event_details(jsonb, text, jsonb),
    exchange.estimate_clock(jsonb), exchange.set_events(uuid, text, jsonb, jsonb, text, text) to hansa_app;
