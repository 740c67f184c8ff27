-- EDI in: from the document that the codec makes of a file (server/codec/x12_document.h) to shipments and events.
--
-- Per interchange: which partner's it is, whether it counts, whether it came before. Per set: functions_edi_set.sql. A set that
-- cannot be stored is undone by itself and says why; the file is kept in every case (decisions 0041, 0042).

-- What the report says of a set before it is applied: what was read.
create or replace function exchange.set_report(p_set jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_build_object('set', p_set -> 'set', 'control', p_set -> 'control', 'verdict', upper(p_set ->> 'verdict'),
                     'problem', p_set -> 'problem', 'warnings', coalesce(p_set -> 'warnings', '[]'),
                     'carrier_reference', p_set -> 'carrier_reference', 'shipment_id', p_set -> 'shipment_id', 'scac', p_set -> 'scac',
                     'kept', coalesce((select jsonb_agg(jsonb_build_object('segment', k -> 'segment', 'position', k -> 'position',
                                           'text', left(exchange.segment_text(k), 500)))
                                         from jsonb_array_elements(p_set -> 'kept') k), '[]'),
                     'events', coalesce((select jsonb_agg(jsonb_build_object('code', e -> 'code', 'text', e -> 'text',
                                    'raw_code', coalesce(e -> 'status', e -> 'appointment'), 'event_time_local', e -> 'event_time_local',
                                    'zone', e -> 'zone', 'zone_source', e -> 'zone_source', 'problem', coalesce(e -> 'problem', 'null')))
                                  from jsonb_array_elements(p_set -> 'events') e), '[]')));
end $$;

-- Has this very interchange been applied, or another one under its number?
create or replace function exchange.interchange_came(p_tenant uuid, p_interchange jsonb, p_control text, p_digest bytea,
                                                     out is_repeat boolean, out reused_of uuid)
    language plpgsql stable
    as $$
begin
    select coalesce(bool_or(k.digest = p_digest), false), max(k.message_id::text)::uuid
      into is_repeat, reused_of
      from exchange.edi_interchange k
     where k.tenant_id = p_tenant and k.sender = p_interchange ->> 'sender' and k.receiver = p_interchange ->> 'receiver' and k.control = p_control;
end $$;
comment on function exchange.interchange_came(uuid, jsonb, text, bytea) is
    'is_repeat: its bytes were applied before. reused_of: the last message that was applied under its number.';

create or replace function exchange.control_finding(p_control text, p_message uuid, p_reuse text) returns jsonb
    language sql immutable parallel safe
    as $$ select jsonb_build_object('code', 'control_reused', 'segment', 'ISA', 'element', 13, 'detail',
                     'interchange number ' || p_control || ' came before with other content, in message ' || p_message
                     || case p_reuse when 'PARK' then '; this one is parked until somebody applies or discards it' else '; this one was applied all the same' end) $$;

-- One interchange: reports of its sets, and what is to be remembered. p_is_forced: somebody said that it is to be applied although its
-- number came before.
create or replace function exchange.interchange_apply(p_tenant uuid, p_actor uuid, p_interchange jsonb, p_raw bytea, p_zone text, p_is_forced boolean)
    returns jsonb
    language plpgsql volatile
    as $$
declare
    v_partner exchange.edi_partner := exchange.edi_partner_of(p_tenant, p_interchange);
    v_control text := coalesce(nullif(ltrim(p_interchange ->> 'control', '0 '), ''), '0');
    v_digest bytea := sha256(substr(p_raw, coalesce((p_interchange ->> 'offset')::integer, 0) + 1,
                                    coalesce((p_interchange ->> 'length')::integer, octet_length(p_raw))));
    v_zone text := coalesce(p_zone, v_partner.zone, (select t.zone from identity.v_tenant t where t.id = p_tenant), 'UTC');
    v_came record;
    v_fate text;  -- of the sets that could be applied
    v_set jsonb;
    v_report jsonb;
    v_reports jsonb[] := '{}'::jsonb[];
    v_applied integer := 0;
begin
    select * into v_came from exchange.interchange_came(p_tenant, p_interchange, v_control, v_digest);
    -- in a sandbox nothing counts, so that tests are applied like all else
    v_fate := case when (upper(p_interchange ->> 'usage') = 'T' or v_partner.usage = 'TEST') and not identity.api_is_sandbox(p_tenant) then 'TEST'
                   when v_came.is_repeat then 'DUPLICATE'
                   when v_came.reused_of is not null and v_partner.number_reuse = 'PARK' and not p_is_forced then 'PARKED' end;
    for v_set in select s from jsonb_array_elements(p_interchange -> 'sets') s loop
        v_report := jsonb_build_object('sender', p_interchange -> 'sender', 'interchange', p_interchange -> 'control') || exchange.set_report(v_set);
        if v_fate = 'DUPLICATE' or v_fate is not null and v_set ->> 'verdict' = 'accepted' then
            v_report := v_report || jsonb_build_object('verdict', v_fate);
        elsif v_set ->> 'verdict' = 'accepted' then
            v_report := v_report || exchange.set_apply(p_tenant, p_actor, p_interchange, v_set, v_zone, v_partner.carrier_scac);
            v_applied := v_applied + (v_report ->> 'verdict' = 'ACCEPTED')::integer;
        end if;
        v_reports := v_reports || v_report;
    end loop;
    return jsonb_build_object('fate', v_fate, 'reports', to_jsonb(v_reports), 'applied', v_applied,
        'warnings', case when v_came.reused_of is not null and not v_came.is_repeat and (v_applied > 0 or v_fate = 'PARKED') then
            jsonb_build_array(exchange.control_finding(p_interchange ->> 'control', v_came.reused_of, case when v_fate = 'PARKED' then 'PARK' else 'APPLY' end))
            else '[]' end,
        'control', v_control, 'digest', encode(v_digest, 'hex'));
end $$;
comment on function exchange.interchange_apply(uuid, uuid, jsonb, bytea, text, boolean) is
    'Applies an interchange, unless it is a test, came before, or is to be parked; a number counts once something under it was applied.';

-- Applies what can be applied of a file whose message is there: report, verdict, and what is remembered.
create or replace function exchange.message_apply(p_tenant uuid, p_actor uuid, p_message uuid, p_document jsonb, p_raw bytea, p_zone text,
                                                  p_is_forced boolean) returns void
    language plpgsql volatile
    as $$
declare
    v_interchange jsonb;
    v_done jsonb;
    v_reports jsonb[] := '{}'::jsonb[];
    v_warnings jsonb;
    v_verdict text;
begin
    -- A byte order mark says nothing that a sender could act on.
    v_warnings := coalesce((select jsonb_agg(w.value order by w.place) from jsonb_array_elements(p_document -> 'warnings') with ordinality as w (value, place)
                             where w.value ->> 'code' is distinct from 'byte_order_mark'), '[]');
    -- Files of one sender queue up, so that neither an interchange is applied twice nor a shipment made twice.
    perform pg_advisory_xact_lock(s.key)
       from (select distinct hashtextextended(p_tenant || ' edi ' || coalesce(i ->> 'sender', ''), 0) as key
               from jsonb_array_elements(p_document -> 'interchanges') i order by 1) s;
    for v_interchange in select i from jsonb_array_elements(p_document -> 'interchanges') i loop
        v_done := exchange.interchange_apply(p_tenant, p_actor, v_interchange, p_raw, p_zone, p_is_forced);
        v_reports := v_reports || array(select r from jsonb_array_elements(v_done -> 'reports') r);
        v_warnings := v_warnings || (v_done -> 'warnings');
        if (v_done ->> 'applied')::integer > 0 and v_interchange ->> 'sender' is not null then
            insert into exchange.edi_interchange (tenant_id, sender, receiver, control, digest, message_id)
            values (p_tenant, v_interchange ->> 'sender', coalesce(v_interchange ->> 'receiver', ''), v_done ->> 'control', decode(v_done ->> 'digest', 'hex'), p_message)
                on conflict (tenant_id, sender, receiver, control, digest) do nothing;
        end if;
    end loop;
    select case when count(*) filter (where r ->> 'verdict' = 'PARKED') > 0 then 'PARKED'
                when count(*) filter (where r ->> 'verdict' = 'ACCEPTED') > 0 then
                    case when count(*) filter (where r ->> 'verdict' in ('REJECTED', 'TEST')) > 0 then 'PARTLY' else 'ACCEPTED' end
                when count(*) filter (where r ->> 'verdict' = 'TEST') > 0 then 'TEST'
                when count(*) filter (where r ->> 'verdict' = 'REJECTED') = 0 and count(*) > 0 then 'DUPLICATE'
                else 'REJECTED' end
      into v_verdict from unnest(v_reports) r;
    update exchange.edi_message m
       set verdict = v_verdict, is_duplicate = v_verdict = 'DUPLICATE', changed_at = clock_timestamp(),
           report = m.report || jsonb_build_object('duplicate', v_verdict = 'DUPLICATE', 'sets', to_jsonb(v_reports), 'warnings', v_warnings)
     where m.tenant_id = p_tenant and m.message_id = p_message;
end $$;
comment on function exchange.message_apply(uuid, uuid, uuid, jsonb, bytea, text, boolean) is 'Applies a kept file and writes its report.';

create or replace function exchange.edi_receive(p_tenant uuid, p_actor uuid, p_document jsonb, p_raw bytea, p_zone text) returns json
    language plpgsql volatile
    as $$
declare
    v_message uuid := core.uuidv7();
    v_first jsonb := coalesce(p_document -> 'interchanges' -> 0, '{}');
    v_reason jsonb := coalesce(nullif(p_document -> 'reason', 'null'), exchange.stranger(p_tenant, p_document));
begin
    if p_zone is not null and not exists (select from core.zone z where z.zone = p_zone) then
        raise exception using errcode = 'PN422', message = 'exchange/zone_unknown', column = '/zone',
            detail = 'Give an IANA zone such as America/Chicago.';
    end if;
    insert into exchange.edi_message (tenant_id, message_id, format, sender, receiver, control, usage, zone, verdict, received_by, raw, report)
    values (p_tenant, v_message, coalesce(p_document ->> 'format', 'X12'), v_first ->> 'sender', v_first ->> 'receiver', v_first ->> 'control',
            v_first ->> 'usage', p_zone, 'REFUSED', p_actor, p_raw,
            jsonb_build_object('duplicate', false, 'reason', v_reason, 'warnings', coalesce(p_document -> 'warnings', '[]'), 'sets', '[]'::jsonb));
    if v_reason is null then
        perform exchange.message_apply(p_tenant, p_actor, v_message, p_document, p_raw, p_zone, false);
    end if;
    return exchange.message_document(p_tenant, v_message);
end $$;
comment on function exchange.edi_receive(uuid, uuid, jsonb, bytea, text) is
    'Keeps a file, applies what can be applied and answers the report; p_zone is the sender''s default zone.';

-- What may be done with a message now: what is parked waits for somebody; what was rejected may be tried again, when it can be read
-- or stored by now; a test may be tried in the sandbox.
create or replace function exchange.message_steps(p_verdict text, p_size integer) returns text[]
    language sql immutable parallel safe
    as $$ select case when p_verdict = 'PARKED' and p_size > 0 then '{apply,discard}' when p_verdict = 'PARKED' then '{discard}'
                      when p_verdict = 'REJECTED' and p_size > 0 then '{apply}'
                      when p_verdict = 'TEST' and p_size > 0 then '{apply-to-sandbox}' else '{}' end::text[] $$;

-- The message locked for a step, or 409 with the steps that are possible; null when there is none.
create or replace function exchange.message_held(p_tenant uuid, p_message uuid, p_step text) returns exchange.edi_message
    language plpgsql volatile
    as $$
declare
    m exchange.edi_message;
begin
    select * into m from exchange.edi_message k where k.tenant_id = p_tenant and k.message_id = p_message for no key update;
    if found and not p_step = any (exchange.message_steps(m.verdict, octet_length(m.raw))) then
        raise exception using errcode = 'PN409', message = 'exchange/message_status',
            detail = 'The message is ' || m.verdict || '.', hint = core.steps(exchange.message_steps(m.verdict, octet_length(m.raw)));
    end if;
    return m;
end $$;

create or replace function exchange.message_reapply(p_tenant uuid, p_actor uuid, p_message uuid, p_document jsonb) returns json
    language plpgsql volatile
    as $$
declare
    m exchange.edi_message := exchange.message_held(p_tenant, p_message, 'apply');
begin
    if m.message_id is null then
        return null;
    end if;
    perform exchange.message_apply(p_tenant, p_actor, p_message, p_document, m.raw, m.zone, true);
    return exchange.message_document(p_tenant, p_message);
end $$;
comment on function exchange.message_reapply(uuid, uuid, uuid, jsonb) is 'Applies a message that was parked or rejected; p_document is what the codec reads in it now.';

create or replace function exchange.message_discard(p_tenant uuid, p_message uuid) returns json
    language plpgsql volatile
    as $$
declare
    m exchange.edi_message := exchange.message_held(p_tenant, p_message, 'discard');
begin
    if m.message_id is null then
        return null;
    end if;
    update exchange.edi_message k
       set verdict = 'DISCARDED', changed_at = clock_timestamp(),
           report = k.report || jsonb_build_object('sets', coalesce((
               select jsonb_agg(case when s.value ->> 'verdict' = 'PARKED' then s.value || '{"verdict": "DISCARDED"}' else s.value end order by s.place)
                 from jsonb_array_elements(k.report -> 'sets') with ordinality s (value, place)), '[]'))
     where k.tenant_id = p_tenant and k.message_id = p_message;
    return exchange.message_document(p_tenant, p_message);
end $$;
comment on function exchange.message_discard(uuid, uuid) is 'A parked message is not to be applied; it stays as it came. Null when there is none.';

create or replace function exchange.message_document(p_tenant uuid, p_message uuid) returns json
    language plpgsql stable
    as $$
begin
    return (
    select json_build_object('message_id', m.message_id, 'format', m.format, 'verdict', m.verdict, 'duplicate', m.is_duplicate,
               'steps', exchange.message_steps(m.verdict, octet_length(m.raw)), 'sender', m.sender, 'receiver', m.receiver, 'control', m.control,
               'usage', m.usage, 'received_at', core.rfc3339(m.received_at), 'changed_at', core.rfc3339(m.changed_at), 'size', octet_length(m.raw),
               'content_url', case when octet_length(m.raw) > 0 then '/v1/edi/messages/' || m.message_id || '/content' end,
               'reason', m.report -> 'reason', 'warnings', m.report -> 'warnings', 'sets', m.report -> 'sets')
      from exchange.edi_message m
     where m.tenant_id = p_tenant and m.message_id = p_message);
end $$;
comment on function exchange.message_document(uuid, uuid) is 'A message with its report, as in edi_message.json; null when there is none.';

grant execute on function exchange.set_report(jsonb), exchange.interchange_came(uuid, jsonb, text, bytea), exchange.control_finding(text, uuid, text),
    exchange.interchange_apply(uuid, uuid, jsonb, bytea, text, boolean), exchange.message_apply(uuid, uuid, uuid, jsonb, bytea, text, boolean),
    exchange.edi_receive(uuid, uuid, jsonb, bytea, text), exchange.message_steps(text, integer), exchange.message_held(uuid, uuid, text),
    exchange.message_reapply(uuid, uuid, uuid, jsonb), exchange.message_discard(uuid, uuid), exchange.message_document(uuid, uuid) to hansa_app;
