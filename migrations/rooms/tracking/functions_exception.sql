-- Exceptions: opened by hand, or by the events of a recording.

create or replace function tracking.exceptions_open(p_tenant uuid, p_shipments uuid[], p_microsecond bigint, p_now timestamptz) returns void
    language plpgsql volatile
    as $$
begin
    perform tracking.exceptions_told(p_tenant, (
        select jsonb_agg(jsonb_build_object('shipment_id', e.shipment_id, 'leg_id', e.leg_id, 'event_id', e.event_id, 'code', e.code, 'reason', e.reason)
                         order by e.shipment_id, e.event_id)
          from unnest(p_shipments) i (shipment_id)
         cross join lateral (
               select v.* from tracking.event v
                where v.tenant_id = p_tenant and v.shipment_id = i.shipment_id
                  and v.event_id >= core.uuidv7_at(p_microsecond, '0000-000000000000') and v.received_at = p_now
                  and v.code in ('DLY', 'DMG', 'RFS', 'LST', 'ATT')
               offset 0) e));
end $$;
comment on function tracking.exceptions_open(uuid, uuid[], bigint, timestamptz) is
    'Opens an exception for each event of this moment that tells of trouble, unless one of its kind is open.';

-- What opens one: events, and proofs of delivery that tell what such an event would.
create or replace function tracking.exceptions_told(p_tenant uuid, p_told jsonb) returns void
    language plpgsql volatile
    as $$
declare
    o record;
begin
    for o in
        insert into tracking.exception (tenant_id, exception_id, shipment_id, leg_id, event_id, code, reason, severity, party_at_fault, note)
        select p_tenant, core.uuidv7(), e.shipment_id, e.leg_id, e.event_id, e.code, e.reason,
               case when e.code in ('DMG', 'LST', 'RFS') then 'HIGH' when e.code = 'DLY' then 'MEDIUM' else 'LOW' end,
               -- reasons may begin with their family (domain.md)
               case left(e.reason, 3) when 'CAR' then 'CARRIER' when 'SHP' then 'SHIPPER' when 'CON' then 'CONSIGNEE' when 'CUS' then 'CUSTOMS'
                                      when 'FRC' then 'FORCE_MAJEURE' when 'COM' then 'COMMERCIAL' end, e.note
          from rows from (jsonb_to_recordset(p_told) as (shipment_id uuid, leg_id uuid, event_id uuid, code text, reason text, note text)) with ordinality as e
         order by e.ordinality
            on conflict (tenant_id, shipment_id, code) where event_id is not null and state in ('OPEN', 'ACKNOWLEDGED', 'IN_ACTION') do nothing
        returning exception_id, shipment_id, code, severity
    loop
        perform core.api_event(p_tenant, 'tracking.exception.opened', 'exception', o.exception_id,
                               jsonb_build_object('shipment_id', o.shipment_id, 'code', o.code, 'severity', o.severity));
    end loop;
end $$;
comment on function tracking.exceptions_told(uuid, jsonb) is 'Opens an exception for each [{shipment_id, leg_id, event_id, code, reason, note}], unless one of its kind is open.';

-- Goods that did not come are lost until somebody finds out otherwise; so a short proof opens what LST would.
create or replace function tracking.proof_exceptions(p_tenant uuid, p tracking.proof_of_delivery) returns void
    language plpgsql volatile
    as $$
begin
    perform tracking.exceptions_told(p_tenant, (
        select jsonb_agg(jsonb_build_object('shipment_id', p.shipment_id, 'leg_id', e.leg_id, 'event_id', p.event_id, 'code', t.code,
                                            'note', 'Proof of delivery: ' || t.told) order by t.code)
          from tracking.event e
         cross join (values ('DMG', 'DAMAGED', p.pieces_damaged, p.pieces_damaged || ' damaged'), ('LST', 'SHORT', p.pieces_short, p.pieces_short || ' short'),
                            ('RFS', 'REFUSED_IN_PART', 0, 'refused in part')) t (code, condition, pieces, told)
         where e.tenant_id = p_tenant and e.shipment_id = p.shipment_id and e.event_id = p.event_id
           and (p.condition = t.condition or t.pieces > 0)));
end $$;
comment on function tracking.proof_exceptions(uuid, tracking.proof_of_delivery) is 'Opens what an event DMG, LST or RFS would open, for a proof that tells of damage, short goods or a refusal in part.';

grant execute on function tracking.exceptions_open(uuid, uuid[], bigint, timestamptz), tracking.exceptions_told(uuid, jsonb),
    tracking.proof_exceptions(uuid, tracking.proof_of_delivery) to hansa_app;

create or replace function tracking.exception_document(p_tenant uuid, x tracking.exception) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('exception_id', x.exception_id, 'shipment_id', x.shipment_id,
        'tracking_number', (select s.tracking_number from orders.v_shipment s where s.tenant_id = p_tenant and s.shipment_id = x.shipment_id),
        'leg_id', x.leg_id, 'event_id', x.event_id, 'code', x.code, 'reason', x.reason, 'severity', x.severity, 'state', x.state,
        'party_at_fault', x.party_at_fault, 'owner_id', x.owner_id, 'note', x.note, 'resolution', x.resolution,
        'opened_by', case when x.opened_by is not null then identity.api_actor(p_tenant, x.opened_by) end,
        'opened_at', core.rfc3339(x.opened_at), 'closed_at', core.rfc3339(x.closed_at));
end $$;
comment on function tracking.exception_document(uuid, tracking.exception) is 'An exception as replies show it.';

create or replace function tracking.owner_check(p_tenant uuid, p_body jsonb) returns void
    language plpgsql stable
    as $$
begin
    if p_body ->> 'owner_id' is not null
       and not exists (select from identity.v_app_user u where u.tenant_id = p_tenant and u.user_id = (p_body ->> 'owner_id')::uuid
                          and u.audience = 'STAFF' and u.status <> 'DISABLED') then
        raise exception using errcode = 'PN422', message = 'tracking/owner_not_found', column = '/owner_id', detail = 'Nobody of your staff has this id.';
    end if;
end $$;
comment on function tracking.owner_check(uuid, jsonb) is 'Refuses an owner_id that names nobody of the staff.';

create or replace function tracking.exception_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    x tracking.exception;
    v_shipment uuid := (p_body ->> 'shipment_id')::uuid;
begin
    if not exists (select from orders.v_shipment s where s.tenant_id = p_tenant and s.shipment_id = v_shipment)
       or not orders.api_part_is_reached(p_tenant, p_reach, v_shipment, (p_body ->> 'leg_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'tracking/shipment_unknown', column = '/shipment_id',
            detail = 'There is no shipment with this id.';
    elsif orders.api_level_missing(p_tenant, v_shipment, null, (p_body ->> 'leg_id')::uuid, null) is not null then
        raise exception using errcode = 'PN422', message = 'tracking/level_not_found', column = '/leg_id', detail = 'The shipment has no leg with this id.';
    end if;
    perform tracking.owner_check(p_tenant, p_body);
    insert into tracking.exception (tenant_id, exception_id, shipment_id, leg_id, code, reason, severity, party_at_fault, owner_id, note, opened_by)
    values (p_tenant, core.uuidv7(), v_shipment, (p_body ->> 'leg_id')::uuid, p_body ->> 'code', p_body ->> 'reason',
            coalesce(p_body ->> 'severity', 'MEDIUM'), p_body ->> 'party_at_fault', (p_body ->> 'owner_id')::uuid, p_body ->> 'note', p_actor)
    returning * into x;
    perform core.api_event(p_tenant, 'tracking.exception.opened', 'exception', x.exception_id,
                           jsonb_build_object('shipment_id', v_shipment, 'code', x.code, 'severity', x.severity));
    perform audit.api_note(p_tenant, p_context, 'exception', x.exception_id, (p_body - 'note')
        || case when p_body ? 'note' then jsonb_build_object('personal', jsonb_build_object('note', p_body -> 'note')) else '{}' end);
    return tracking.exception_document(p_tenant, x);
end $$;
comment on function tracking.exception_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Opens an exception by hand: of a shipment that the caller reaches, or of the leg that he carries.';

create or replace function tracking.exception_locked(p_tenant uuid, p_reach jsonb, p_exception uuid) returns tracking.exception
    language plpgsql volatile
    as $$
declare
    x tracking.exception;
begin
    select * into x from tracking.exception e where e.tenant_id = p_tenant and e.exception_id = p_exception for no key update;
    if not found or not orders.api_part_is_reached(p_tenant, p_reach, x.shipment_id, x.leg_id) then
        return null;
    end if;
    return x;
end $$;
comment on function tracking.exception_locked(uuid, jsonb, uuid) is 'An exception within reach, locked until the transaction ends; else null.';

create or replace function tracking.exception_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_exception uuid, p_patch jsonb, p_if_match text,
                                                    out body json, out version bigint, out current json) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old tracking.exception := tracking.exception_locked(p_tenant, p_reach, p_exception);
    x tracking.exception := v_old;
    v_changes jsonb;
begin
    if v_old.exception_id is null then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := tracking.exception_document(p_tenant, v_old);
        return next;
        return;
    elsif v_old.closed_at is not null then
        raise exception using errcode = 'PN409', message = 'tracking/exception_state', detail = 'The exception is ' || v_old.state || '; it stays as it was settled.', hint = core.steps('{}');
    end if;
    perform tracking.owner_check(p_tenant, p_patch);
    x.severity := core.patched(p_patch, 'severity', v_old.severity);
    x.reason := core.patched(p_patch, 'reason', v_old.reason);
    x.party_at_fault := core.patched(p_patch, 'party_at_fault', v_old.party_at_fault);
    x.owner_id := core.patched(p_patch, 'owner_id', v_old.owner_id::text)::uuid;
    x.note := core.patched(p_patch, 'note', v_old.note);
    select jsonb_object_agg(n.key, jsonb_build_object('old', w.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(x)) n join jsonb_each(to_jsonb(v_old)) w on w.key = n.key
     where n.value is distinct from w.value;
    if v_changes is not null then
        update tracking.exception e
           set severity = x.severity, reason = x.reason, party_at_fault = x.party_at_fault, owner_id = x.owner_id, note = x.note, version = e.version + 1
         where e.tenant_id = p_tenant and e.exception_id = p_exception
        returning * into x;
        version := x.version;
        perform core.api_event(p_tenant, 'tracking.exception.changed', 'exception', p_exception, jsonb_build_object('shipment_id', x.shipment_id));
        perform audit.api_note(p_tenant, p_context, 'exception', p_exception, (v_changes - 'note')
            || case when v_changes ? 'note' then jsonb_build_object('personal', jsonb_build_object('note', v_changes -> 'note')) else '{}' end);
    end if;
    body := tracking.exception_document(p_tenant, x);
    return next;
end $$;
comment on function tracking.exception_patch(uuid, jsonb, jsonb, uuid, jsonb, text) is 'Changes an open exception by a merge patch, if p_if_match admits its version.';

create or replace function tracking.exception_move(p_tenant uuid, p_context jsonb, p_reach jsonb, p_exception uuid, p_body jsonb,
                                                   out body json, out version bigint) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old tracking.exception := tracking.exception_locked(p_tenant, p_reach, p_exception);
    x tracking.exception;
    v_state text := p_body ->> 'state';
    v_may text[] := case v_old.state when 'OPEN' then '{ACKNOWLEDGED}'::text[] when 'ACKNOWLEDGED' then '{IN_ACTION}' when 'IN_ACTION' then '{RESOLVED,ACCEPTED}' else '{}' end;
begin
    if v_old.exception_id is null then
        return;
    elsif not v_state = any (v_may) then
        raise exception using errcode = 'PN409', message = 'tracking/exception_state',
            detail = 'The exception is ' || v_old.state || '; ' || v_state || ' cannot follow that.', hint = core.steps(v_may);
    elsif v_state in ('RESOLVED', 'ACCEPTED') and p_body ->> 'resolution' is null then
        raise exception using errcode = 'PN422', message = 'tracking/resolution_missing', column = '/resolution', detail = 'Say how it was settled.';
    end if;
    update tracking.exception e
       set state = v_state, resolution = coalesce(p_body ->> 'resolution', e.resolution), version = e.version + 1,
           closed_at = case when v_state in ('RESOLVED', 'ACCEPTED') then clock_timestamp() end
     where e.tenant_id = p_tenant and e.exception_id = p_exception
    returning * into x;
    perform core.api_event(p_tenant, 'tracking.exception.' || lower(v_state), 'exception', p_exception,
                           jsonb_build_object('shipment_id', x.shipment_id, 'code', x.code, 'from', v_old.state, 'state', x.state));
    perform audit.api_note(p_tenant, p_context, 'exception', p_exception, jsonb_build_object('state', jsonb_build_object('old', v_old.state, 'new', x.state))
        || case when p_body ->> 'resolution' is not null then jsonb_build_object('personal', jsonb_build_object('resolution', p_body -> 'resolution')) else '{}' end);
    body := tracking.exception_document(p_tenant, x);
    version := x.version;
    return next;
end $$;
comment on function tracking.exception_move(uuid, jsonb, jsonb, uuid, jsonb) is 'OPEN, ACKNOWLEDGED, IN_ACTION, then RESOLVED or ACCEPTED: one step.';

grant execute on function tracking.exception_document(uuid, tracking.exception), tracking.owner_check(uuid, jsonb),
    tracking.exception_create(uuid, uuid, jsonb, jsonb, jsonb), tracking.exception_locked(uuid, jsonb, uuid),
    tracking.exception_patch(uuid, jsonb, jsonb, uuid, jsonb, text), tracking.exception_move(uuid, jsonb, jsonb, uuid, jsonb) to hansa_app;
