-- Exceptions: opened by hand, or by the events of a recording.

create or replace function tracking.exceptions_open(p_tenant uuid, p_shipments uuid[], p_microsecond bigint, p_now timestamptz) returns void
    language plpgsql volatile
    as $$
declare
    v_opened bigint;
begin
    with opened as (
        insert into tracking.exception (tenant_id, exception_id, shipment_id, leg_id, event_id, code, reason, severity, party_at_fault)
        select p_tenant, core.uuidv7(), e.shipment_id, e.leg_id, e.event_id, e.code, e.reason,
               case when e.code in ('DMG', 'LST', 'RFS') then 'HIGH' when e.code = 'DLY' then 'MEDIUM' else 'LOW' end,
               -- reasons may begin with their family (domain.md)
               case left(e.reason, 3) when 'CAR' then 'CARRIER' when 'SHP' then 'SHIPPER' when 'CON' then 'CONSIGNEE' when 'CUS' then 'CUSTOMS'
                                      when 'FRC' then 'FORCE_MAJEURE' when 'COM' then 'COMMERCIAL' end
          from unnest(p_shipments) i (shipment_id)
         cross join lateral (
               select v.* from tracking.event v
                where v.tenant_id = p_tenant and v.shipment_id = i.shipment_id
                  and v.event_id >= core.uuidv7_at(p_microsecond, '0000-000000000000') and v.received_at = p_now
                  and v.code in ('DLY', 'DMG', 'RFS', 'LST', 'ATT')
               offset 0) e
         order by e.shipment_id, e.event_id
            on conflict (tenant_id, shipment_id, code) where event_id is not null and state in ('OPEN', 'ACKNOWLEDGED', 'IN_ACTION') do nothing
        returning exception_id, shipment_id, code, severity)
    select count(core.api_event(p_tenant, 'tracking.exception.opened', 'exception', o.exception_id,
                                jsonb_build_object('shipment_id', o.shipment_id, 'code', o.code, 'severity', o.severity)))
      into v_opened
      from opened o;
end $$;
comment on function tracking.exceptions_open(uuid, uuid[], bigint, timestamptz) is
    'Opens an exception for each event of this moment that tells of trouble, unless one of its kind is open.';

grant execute on function tracking.exceptions_open(uuid, uuid[], bigint, timestamptz) to hansa_app;
