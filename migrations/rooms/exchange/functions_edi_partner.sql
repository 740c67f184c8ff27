-- Whom we exchange EDI with: profiles of partners (decision 0042).

-- The profile that a file fits: of its sender, and of its receiver where the profile names one.
create or replace function exchange.edi_partner_of(p_tenant uuid, p_interchange jsonb) returns exchange.edi_partner
    language plpgsql stable
    as $$
declare
    p exchange.edi_partner;
begin
    select * into p from exchange.edi_partner k
     where k.tenant_id = p_tenant and k.sender = p_interchange ->> 'sender'
       and (k.receiver is null or k.receiver = p_interchange ->> 'receiver')
     order by k.receiver is null
     limit 1;
    return p;
end $$;
comment on function exchange.edi_partner_of(uuid, jsonb) is 'The profile of an interchange''s sender and receiver; null when there is none.';

-- Why a file is refused as a stranger's; null when it is not. Strangers are taken where no profile says otherwise.
create or replace function exchange.stranger(p_tenant uuid, p_document jsonb) returns jsonb
    language plpgsql stable
    as $$
begin
    return (
    select jsonb_build_object('code', 'stranger', 'detail', 'No profile fits a file of ' || coalesce(i.value ->> 'sender', 'nobody') || ' to '
                              || coalesce(i.value ->> 'receiver', 'nobody') || ', and strangers are refused.')
      from jsonb_array_elements(p_document -> 'interchanges') with ordinality i (value, place)
     where (exchange.edi_partner_of(p_tenant, i.value)).edi_partner_id is null
       and exists (select from exchange.edi_partner k
                    where k.tenant_id = p_tenant and k.strangers = 'REFUSE'
                      and (k.sender = i.value ->> 'sender' or k.receiver = i.value ->> 'receiver'))
     order by i.place
     limit 1);
end $$;
comment on function exchange.stranger(uuid, jsonb) is 'Why a file is not taken from whoever sent it; null: it is taken.';

create or replace function exchange.edi_partner_document(p exchange.edi_partner) returns json
    language sql stable
    as $$ select json_build_object('edi_partner_id', p.edi_partner_id, 'name', p.name, 'sender', p.sender, 'receiver', p.receiver, 'usage', p.usage,
                                   'zone', p.zone, 'carrier_scac', p.carrier_scac, 'number_reuse', p.number_reuse, 'strangers', p.strangers,
                                   'created_at', core.rfc3339(p.created_at), 'changed_at', core.rfc3339(p.changed_at)) $$;
comment on function exchange.edi_partner_document(exchange.edi_partner) is 'A profile as replies show it.';

create or replace function exchange.edi_partner_check(p exchange.edi_partner) returns void
    language plpgsql stable
    as $$
begin
    if p.zone is not null and not exists (select from core.zone z where z.zone = p.zone) then
        raise exception using errcode = 'PN422', message = 'exchange/zone_unknown', column = '/zone',
            detail = 'Give an IANA zone such as America/Chicago.';
    elsif p.sender !~ '^[0-9A-Z]{2}:[^ ].*$' or p.receiver !~ '^[0-9A-Z]{2}:[^ ].*$' then
        raise exception using errcode = 'PN422', message = 'exchange/edi_id_unclear',
            column = case when p.sender !~ '^[0-9A-Z]{2}:[^ ].*$' then '/sender' else '/receiver' end,
            detail = 'Give qualifier and id with a colon between them, as ISA has them: 02:HXFL, ZZ:SHIPPER.';
    elsif exists (select from exchange.edi_partner k where k.tenant_id = p.tenant_id and k.edi_partner_id <> p.edi_partner_id
                     and k.sender = p.sender and k.receiver is not distinct from p.receiver) then
        raise exception using errcode = 'PN409', message = 'exchange/edi_partner_taken', column = '/sender',
            detail = 'There is a profile for this sender and receiver.';
    end if;
end $$;
comment on function exchange.edi_partner_check(exchange.edi_partner) is 'Refuses a profile that cannot be.';

create or replace function exchange.edi_partner_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    p exchange.edi_partner;
begin
    p := row(p_tenant, core.uuidv7(), p_body ->> 'name', p_body ->> 'sender', p_body ->> 'receiver', coalesce(p_body ->> 'usage', 'PRODUCTION'),
             p_body ->> 'zone', p_body ->> 'carrier_scac', coalesce(p_body ->> 'number_reuse', 'APPLY'), coalesce(p_body ->> 'strangers', 'TAKE'),
             clock_timestamp(), p_actor, clock_timestamp(), 1)::exchange.edi_partner;
    perform exchange.edi_partner_check(p);
    insert into exchange.edi_partner select p.*;
    perform audit.api_note(p_tenant, p_context, 'edi_partner', p.edi_partner_id, p_body);
    return exchange.edi_partner_document(p);
end $$;
comment on function exchange.edi_partner_create(uuid, uuid, jsonb, jsonb) is 'Makes a profile.';

create or replace function exchange.edi_partner_patch(p_tenant uuid, p_context jsonb, p_partner uuid, p_if_match text, p_patch jsonb,
                                                      out body json, out version bigint)
    language plpgsql volatile
    as $$
declare
    v_old exchange.edi_partner;
    v_new exchange.edi_partner;
    v_changes jsonb;
begin
    select * into v_old from exchange.edi_partner k where k.tenant_id = p_tenant and k.edi_partner_id = p_partner for no key update;
    if not found then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    v_new := v_old;
    v_new.name := core.patched(p_patch, 'name', v_old.name);
    v_new.sender := core.patched(p_patch, 'sender', v_old.sender);
    v_new.receiver := core.patched(p_patch, 'receiver', v_old.receiver);
    v_new.usage := core.patched(p_patch, 'usage', v_old.usage);
    v_new.zone := core.patched(p_patch, 'zone', v_old.zone);
    v_new.carrier_scac := core.patched(p_patch, 'carrier_scac', v_old.carrier_scac);
    v_new.number_reuse := core.patched(p_patch, 'number_reuse', v_old.number_reuse);
    v_new.strangers := core.patched(p_patch, 'strangers', v_old.strangers);
    perform exchange.edi_partner_check(v_new);
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(v_new)) n join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value is distinct from o.value;
    if v_changes is not null then
        update exchange.edi_partner k
           set name = v_new.name, sender = v_new.sender, receiver = v_new.receiver, usage = v_new.usage, zone = v_new.zone,
               carrier_scac = v_new.carrier_scac, number_reuse = v_new.number_reuse, strangers = v_new.strangers,
               changed_at = clock_timestamp(), version = k.version + 1
         where k.tenant_id = p_tenant and k.edi_partner_id = p_partner
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'edi_partner', p_partner, v_changes);
    end if;
    body := exchange.edi_partner_document(v_new);
    version := v_new.version;
end $$;
comment on function exchange.edi_partner_patch(uuid, jsonb, uuid, text, jsonb) is 'Changes a profile by a merge patch; body is null when there is none.';

grant execute on function exchange.edi_partner_of(uuid, jsonb), exchange.stranger(uuid, jsonb), exchange.edi_partner_document(exchange.edi_partner),
    exchange.edi_partner_check(exchange.edi_partner), exchange.edi_partner_create(uuid, uuid, jsonb, jsonb),
    exchange.edi_partner_patch(uuid, jsonb, uuid, text, jsonb) to hansa_app;
