-- Parts of a shipment that a message names by number: found, or made as told.

-- The stop with this number. A shipment whose stops were planned has them in their order; else the number is the place in it.
create or replace function orders.api_stop_told(p_tenant uuid, p_shipment uuid, p_number integer, p_type text, p_place jsonb, p_zone text) returns uuid
    language plpgsql volatile
    as $$
declare
    v_stop uuid;
    v_place jsonb := coalesce(p_place, '{}');
begin
    update orders.stop t set place = case when t.is_told and t.place = '{}' then v_place else t.place end
     where t.tenant_id = p_tenant and t.shipment_id = p_shipment and t.seq = p_number
    returning t.stop_id into v_stop;
    if v_stop is null and exists (select from orders.stop t where t.tenant_id = p_tenant and t.shipment_id = p_shipment and not t.is_told) then
        select t.stop_id into v_stop from orders.stop t
         where t.tenant_id = p_tenant and t.shipment_id = p_shipment order by t.seq offset p_number - 1 limit 1;
    elsif v_stop is null then
        insert into orders.stop (tenant_id, stop_id, shipment_id, seq, type, place, zone, is_told)
        values (p_tenant, core.uuidv7(), p_shipment, p_number, p_type, v_place, p_zone, true)
        returning stop_id into v_stop;
        perform tracking.api_parts_changed(p_tenant, p_shipment);
    end if;
    return v_stop;
end $$;
comment on function orders.api_stop_told(uuid, uuid, integer, text, jsonb, text) is
    'The stop of a shipment that a message names by its number, made if need be; null when the stops were planned and none has it.';

create or replace function orders.api_units_told(p_tenant uuid, p_shipment uuid, p_ssccs text[]) returns void
    language plpgsql volatile
    as $$
begin
    if p_ssccs = '{}' then
        return;
    end if;
    with fresh as (
        insert into orders.handling_unit (tenant_id, handling_unit_id, shipment_id, position, sscc, is_told)
        select p_tenant, core.uuidv7(), p_shipment, m.most + row_number() over (order by n.sscc), n.sscc, true
          from (select distinct s.sscc from unnest(p_ssccs) s (sscc)) n,
               (select coalesce(max(u.position), 0) as most from orders.handling_unit u
                 where u.tenant_id = p_tenant and u.shipment_id = p_shipment) m
         where not exists (select from orders.handling_unit u
                            where u.tenant_id = p_tenant and u.shipment_id = p_shipment and u.sscc = n.sscc)
        returning sscc)
    insert into orders.shipment_number (tenant_id, number_key, shipment_id, kind, number)
    select p_tenant, orders.api_number_key(f.sscc), p_shipment, 'SSCC', f.sscc from fresh f
        on conflict (tenant_id, number_key, shipment_id, kind) do nothing;
    if found then
        perform tracking.api_parts_changed(p_tenant, p_shipment);
    end if;
end $$;
comment on function orders.api_units_told(uuid, uuid, text[]) is 'Handling units that a message names by their SSCC become units of the shipment, if they are not yet.';

grant execute on function orders.api_stop_told(uuid, uuid, integer, text, jsonb, text), orders.api_units_told(uuid, uuid, text[]) to hansa_app;
