-- PATCH /v1/shipments/{shipment_id}: what was agreed may be changed as long as nobody else has changed it meanwhile.

-- A planned window after a merge patch; null when nothing is left of it.
create or replace function orders.window_patched(p_patch jsonb, p_name text, p_from timestamptz, p_to timestamptz, p_zone text) returns jsonb
    language sql stable
    as $$ select case when not p_patch ? p_name then w.old
                      when jsonb_typeof(p_patch -> p_name) = 'null' then null
                      else nullif(jsonb_strip_nulls(coalesce(w.old, '{}') || (p_patch -> p_name)), '{}') end
            from (select case when coalesce(p_from, p_to) is not null then
                             jsonb_strip_nulls(jsonb_build_object('from', core.rfc3339(p_from), 'to', core.rfc3339(p_to), 'zone', p_zone)) end as old) w $$;

-- One row, or none when the caller reaches no such shipment. body is null when If-Match forbids the change; current is then what
-- there is. changes is null when the patch changes nothing: that is no new version and nothing to put on record.
create or replace function orders.shipment_patch(
    p_tenant uuid, p_shipment uuid, p_patch jsonb, p_if_match text, p_reach jsonb,
    out body json, out version bigint, out current json, out changes jsonb) returns setof record
    language plpgsql volatile
    as $$
declare
    v_old orders.shipment;
    v_new orders.shipment;
    v_pickup jsonb;
    v_delivery jsonb;
begin
    select s.* into v_old from orders.shipment s where s.tenant_id = p_tenant and s.shipment_id = p_shipment for update;
    if not found or not orders.api_is_reached(p_tenant, p_reach, p_shipment) then
        return;
    end if;
    version := v_old.version;
    if not core.is_match(p_if_match, v_old.version) then
        current := orders.shipment_document(p_tenant, p_shipment);
        return next;
        return;
    end if;
    v_new := v_old;
    v_new.carrier_scac := core.patched(p_patch, 'carrier_scac', v_old.carrier_scac);
    if v_new.carrier_scac <> coalesce(v_old.carrier_scac, '') then
        perform partners.api_work_demand(p_tenant, p_reach, null, v_new.carrier_scac, '/carrier_scac');
    end if;
    v_new.service := core.patched(p_patch, 'service', v_old.service);
    v_new.incoterm := core.patched(p_patch, 'incoterm', v_old.incoterm);
    v_new.incoterm_place := core.patched(p_patch, 'incoterm_place', v_old.incoterm_place);
    if p_patch ? 'planned_pickup' then
        v_pickup := orders.window_patched(p_patch, 'planned_pickup', v_old.planned_pickup_from, v_old.planned_pickup_to, v_old.planned_pickup_zone);
        perform orders.window_check(v_pickup, '/planned_pickup');
        v_new.planned_pickup_from := (v_pickup ->> 'from')::timestamptz;
        v_new.planned_pickup_to := (v_pickup ->> 'to')::timestamptz;
        v_new.planned_pickup_zone := orders.window_zone(p_tenant, v_pickup, v_old.origin, '/planned_pickup/zone');
    end if;
    if p_patch ? 'planned_delivery' then
        v_delivery := orders.window_patched(p_patch, 'planned_delivery', v_old.planned_delivery_from, v_old.planned_delivery_to,
                                            v_old.planned_delivery_zone);
        perform orders.window_check(v_delivery, '/planned_delivery');
        v_new.planned_delivery_from := (v_delivery ->> 'from')::timestamptz;
        v_new.planned_delivery_to := (v_delivery ->> 'to')::timestamptz;
        v_new.planned_delivery_zone := orders.window_zone(p_tenant, v_delivery, v_old.destination, '/planned_delivery/zone');
        v_new.planned_delivery_date := (coalesce(v_new.planned_delivery_to, v_new.planned_delivery_from)
                                        at time zone v_new.planned_delivery_zone)::date;
    end if;
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into changes
      from jsonb_each(to_jsonb(v_new)) n join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value is distinct from o.value and n.key <> 'planned_delivery_date';
    if changes is not null then
        version := v_old.version + 1;
        update orders.shipment s
           set carrier_scac = v_new.carrier_scac, service = v_new.service, incoterm = v_new.incoterm, incoterm_place = v_new.incoterm_place,
               planned_pickup_from = v_new.planned_pickup_from, planned_pickup_to = v_new.planned_pickup_to,
               planned_pickup_zone = v_new.planned_pickup_zone, planned_delivery_from = v_new.planned_delivery_from,
               planned_delivery_to = v_new.planned_delivery_to, planned_delivery_zone = v_new.planned_delivery_zone,
               planned_delivery_date = v_new.planned_delivery_date, version = v_old.version + 1, changed_at = clock_timestamp()
         where s.tenant_id = p_tenant and s.shipment_id = p_shipment and s.version = v_old.version;
        if not orders.api_is_reached(p_tenant, p_reach, p_shipment) then
            raise exception using errcode = 'PN403', message = 'core/forbidden', column = '/carrier_scac',
                detail = 'You would not reach the shipment any more.';
        end if;
    end if;
    body := orders.shipment_document_warned(p_tenant, p_shipment, v_new.carrier_scac);
    return next;
end $$;
comment on function orders.shipment_patch(uuid, uuid, jsonb, text, jsonb) is 'Changes a shipment by a merge patch, if p_if_match admits its version.';

grant execute on function orders.window_patched(jsonb, text, timestamptz, timestamptz, text),
    orders.shipment_patch(uuid, uuid, jsonb, text, jsonb) to hansa_app;
