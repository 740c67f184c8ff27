-- What the live stream of events needs (server/tracking/event_stream.sql).

create or replace function tracking.shipments_listed(p_list text) returns uuid[]
    language plpgsql immutable parallel safe
    as $$
declare
    v_ids text[] := string_to_array(lower(p_list), ',');
    v_id text;
begin
    foreach v_id in array v_ids loop
        if v_id !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' or cardinality(v_ids) > 50 then
            raise exception using errcode = 'PN400', message = 'core/malformed', column = 'shipment_id',
                detail = 'Give at most 50 ids with commas between them.';
        end if;
    end loop;
    return v_ids::uuid[];
end $$;
comment on function tracking.shipments_listed(text) is 'Shipments named in a query parameter.';

grant execute on function tracking.shipments_listed(text) to hansa_app;
