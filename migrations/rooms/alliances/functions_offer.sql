-- Offers: what we were asked to carry, in our own books; and offers of our own to partners outside, which their people answer here.

create or replace function alliances.offer_is_reached(p_tenant uuid, p_reach jsonb, o alliances.offer) returns boolean
    language plpgsql stable
    as $$
begin
    return p_reach is null or p_reach = 'null' or crm.api_account_is_reached(p_tenant, p_reach, o.account_id);
end $$;
comment on function alliances.offer_is_reached(uuid, jsonb, alliances.offer) is
    'Whoever reaches less than the tenant sees offers made to an account that he reaches: a partner''s people those made to it.';

create or replace function alliances.offer_steps(o alliances.offer) returns text[]
    language plpgsql stable
    as $$
begin
    return case when o.state not in ('OFFERED', 'COUNTERED') or o.expires_at <= clock_timestamp() then '{}'
                when o.price_offered is null then '{counter,decline}' else '{accept,counter,decline}' end::text[];
end $$;
comment on function alliances.offer_steps(alliances.offer) is 'How an offer can be answered as it is now.';

-- What a partner outside is told of a leg, for whom no charter speaks: what the carrier of a leg has to know.
create or replace function alliances.offer_told(p_tenant uuid, o alliances.offer) returns jsonb
    language plpgsql stable
    as $$
declare
    t alliances.tender;
begin
    if o.document_id is not null then
        return exchange.api_document_body(p_tenant, o.document_id);
    end if;
    select * into t from alliances.tender x where x.tenant_id = p_tenant and x.tender_id = o.tender_id;
    return alliances.api_masked(alliances.tender_told(p_tenant, t, o.price_offered, o.currency_offered),
                                '{/tender_id,/expires_at,/award_rule,/price,/notes,/leg,/from,/to,/cargo,/handling_units,/shipment/service}');
end $$;
comment on function alliances.offer_told(uuid, alliances.offer) is 'What was told of the leg.';

create or replace function alliances.offer_summary(o alliances.offer) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('offer_id', o.offer_id, 'tender_id', o.tender_id,
               'from_member', case when o.counterpart is not null then partners.api_organisation_short(partners.api_organisation_of(o.counterpart)) end,
               'partner_id', o.account_id, 'alliance_id', o.alliance_id, 'state', o.state,
               'price_offered', alliances.money_document(o.price_offered, o.currency_offered), 'expires_at', core.rfc3339(o.expires_at),
               'price', alliances.money_document(o.price, o.currency), 'reason', o.reason, 'notes', o.notes,
               'answered_at', core.rfc3339(o.answered_at), 'shipment_id', o.shipment_id, 'received_at', core.rfc3339(o.received_at),
               'closed_at', core.rfc3339(o.closed_at));
end $$;
comment on function alliances.offer_summary(alliances.offer) is 'An offer as lists show it.';

create or replace function alliances.offer_document(o alliances.offer) returns json
    language plpgsql stable
    as $$
begin
    return core.json_with(core.json_with(alliances.offer_summary(o), 'told', alliances.offer_told(o.tenant_id, o)::json), 'warnings',
        to_json(case when o.state in ('OFFERED', 'COUNTERED', 'ACCEPTED', 'AWARDED') then partners.api_work_warnings(o.tenant_id, o.account_id, null)
                     else '{}' end));
end $$;
comment on function alliances.offer_document(alliances.offer) is 'An offer with what was told of the leg.';

-- POST …/accept, …/decline, …/counter. Null: no such offer. For an offer of our own the tender is locked before the offer, as
-- whatever changes the tender does.
create or replace function alliances.offer_answer(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_offer uuid, p_answer text,
                                                  p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    o alliances.offer;
    v_told jsonb;
    v_is_heard boolean;
begin
    perform from alliances.tender t
      where t.tenant_id = p_tenant
        and t.tender_id = (select f.tender_id from alliances.offer f where f.tenant_id = p_tenant and f.offer_id = p_offer and f.counterpart is null)
        for update;
    select * into o from alliances.offer x where x.tenant_id = p_tenant and x.offer_id = p_offer for update;
    if not found or not alliances.offer_is_reached(p_tenant, p_reach, o) then
        return null;
    elsif o.state not in ('OFFERED', 'COUNTERED') or o.expires_at <= clock_timestamp() then
        raise exception using errcode = 'PN409', message = 'alliances/offer_closed',
            detail = 'The offer is ' || case when o.state in ('OFFERED', 'COUNTERED') then 'EXPIRED' else o.state end || '.',
            hint = core.steps(alliances.offer_steps(o));
    elsif p_answer = 'ACCEPTED' and o.price_offered is null then
        raise exception using errcode = 'PN409', message = 'alliances/offer_priceless',
            detail = 'The offer tells no price, so there is nothing to accept: counter it with yours.',
            hint = core.steps(alliances.offer_steps(o));
    elsif (p_body -> 'price' ->> 'amount')::numeric < 0 then
        raise exception using errcode = 'PN422', message = 'alliances/price_negative', column = '/price/amount', detail = 'A price cannot be below zero.';
    end if;
    update alliances.offer x
       set state = p_answer, answered_at = clock_timestamp(), answered_by = p_actor, reason = p_body ->> 'reason', notes = p_body ->> 'notes',
           price = case p_answer when 'ACCEPTED' then o.price_offered when 'COUNTERED' then (p_body -> 'price' ->> 'amount')::numeric end,
           currency = case p_answer when 'ACCEPTED' then o.currency_offered when 'COUNTERED' then p_body -> 'price' ->> 'currency' end
     where x.tenant_id = p_tenant and x.offer_id = p_offer
    returning * into o;
    perform audit.api_note(p_tenant, p_context, 'offer', p_offer, jsonb_strip_nulls(jsonb_build_object('answer', p_answer,
        'price', alliances.money_document(o.price, o.currency), 'reason', o.reason)));
    v_told := jsonb_strip_nulls(jsonb_build_object('answer', p_answer, 'price', alliances.money_document(o.price, o.currency), 'reason', o.reason,
                                                   'notes', o.notes, 'answered_at', core.rfc3339(o.answered_at)));
    if o.counterpart is null then
        v_is_heard := alliances.bid_answered(p_tenant, p_reach, o.tender_id, o.offer_id, v_told, p_context);
        select * into o from alliances.offer x where x.tenant_id = p_tenant and x.offer_id = p_offer;
    else
        v_is_heard := exchange.api_document_send(p_tenant, o.counterpart, o.alliance_id, 'TENDER_RESPONSE', 'OWNER', o.tender_id, v_told) is not null;
    end if;
    if not v_is_heard then
        raise exception using errcode = 'PN409', message = 'alliances/offer_closed', detail = coalesce(alliances.api_standing_told(o.alliance_id, p_tenant), alliances.api_standing_told(o.alliance_id, o.counterpart),
                              'The offer is closed, or one of you has left the alliance.'),
            hint = core.steps('{}');
    end if;
    return alliances.offer_document(o);
end $$;
comment on function alliances.offer_answer(uuid, uuid, jsonb, jsonb, uuid, text, jsonb) is 'Answers an offer: ACCEPTED, DECLINED or COUNTERED.';

-- The leg is ours: an order of the one who gave it, and a shipment with a number of our own, in which the document stands as reference.
create or replace function alliances.offer_awarded(p_tenant uuid, p_offer uuid, p_document uuid, p_body jsonb) returns uuid
    language plpgsql volatile
    as $$
declare
    o alliances.offer;
    v_told jsonb;
    v_shipment uuid;
begin
    select * into o from alliances.offer x where x.tenant_id = p_tenant and x.offer_id = p_offer for update;
    if o.state not in ('ACCEPTED', 'COUNTERED') then
        raise exception using errcode = 'PN409', message = 'alliances/offer_closed';
    end if;
    v_told := exchange.api_document_body(p_tenant, o.document_id) || p_body;
    v_shipment := orders.api_award_taken_over(p_tenant,
        alliances.order_told(alliances.ally_account(p_tenant, o.counterpart), o.tender_id, p_document, v_told), jsonb_strip_nulls(jsonb_build_object(
        'mode', v_told -> 'leg' -> 'mode', 'service', v_told -> 'shipment' -> 'service', 'incoterm', v_told -> 'shipment' -> 'incoterm',
        'incoterm_place', v_told -> 'shipment' -> 'incoterm_place',
        'origin', v_told -> 'from' -> 'place', 'destination', v_told -> 'to' -> 'place',
        'planned_pickup', v_told -> 'from' -> 'window', 'planned_delivery', v_told -> 'to' -> 'window',
        'parties', (select jsonb_agg(p) from jsonb_array_elements(v_told -> 'parties') p where p ? 'role' and p ? 'name'),
        'handling_units', (select jsonb_agg(u) from jsonb_array_elements(v_told -> 'handling_units') u),
        'references', coalesce((select jsonb_agg(r) from jsonb_array_elements(v_told -> 'references') r where r ? 'kind' and r ? 'number'), '[]')
                      || jsonb_build_object('kind', 'OTHER', 'number', p_document)
                      || case when v_told -> 'shipment' ? 'tracking_number'
                              then jsonb_build_object('kind', 'SHIPMENT', 'number', v_told -> 'shipment' ->> 'tracking_number') else '[]' end)));
    update alliances.offer x
       set state = 'AWARDED', shipment_id = v_shipment, closed_at = clock_timestamp(),
           price = (p_body -> 'price' ->> 'amount')::numeric, currency = p_body -> 'price' ->> 'currency'
     where x.tenant_id = p_tenant and x.offer_id = p_offer;
    perform exchange.api_share_open(p_tenant, o.tender_id, o.counterpart, o.alliance_id, 'CARRIER', v_shipment, null);
    perform audit.api_note(p_tenant, '{}', 'offer', p_offer, jsonb_build_object('state', 'AWARDED', 'shipment_id', v_shipment));
    perform core.api_event(p_tenant, 'alliances.offer.awarded', 'offer', p_offer, jsonb_build_object('shipment_id', v_shipment, 'tender_id', o.tender_id));
    return v_shipment;
end $$;
comment on function alliances.offer_awarded(uuid, uuid, uuid, jsonb) is 'Applies an AWARD: makes order and shipment for the leg and has both firms told of its events.';

-- For room exchange: documents about tenders, under the receiver. Raises what the document is refused with.
create or replace function alliances.api_document_apply(p_tenant uuid, p_counterpart uuid, p_kind text, p_alliance uuid, p_role text, p_subject uuid,
                                                        p_document uuid, p_body jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_id uuid;
    v_price jsonb := p_body -> 'price';
begin
    if (p_kind = 'TENDER_RESPONSE') <> (p_role = 'OWNER') then
        raise exception using errcode = 'PN409', message = 'alliances/offer_closed';
    elsif p_kind = 'TENDER_RESPONSE' then
        select b.bid_id into v_id from alliances.bid b where b.tenant_id = p_tenant and b.tender_id = p_subject and b.member = p_counterpart;
        if not found then
            raise exception using errcode = 'PN404', message = 'alliances/tender_not_found';
        end if;
        perform alliances.bid_answered(p_tenant, null, p_subject, v_id, p_body, '{}');
        return;
    elsif p_kind = 'TENDER' then
        v_id := core.uuidv7();
        insert into alliances.offer (tenant_id, offer_id, counterpart, alliance_id, tender_id, document_id, price_offered, currency_offered, expires_at)
        values (p_tenant, v_id, p_counterpart, p_alliance, p_subject, p_document, (v_price ->> 'amount')::numeric,
                case when v_price ? 'amount' then v_price ->> 'currency' end, (p_body ->> 'expires_at')::timestamptz);
        perform core.api_job(p_tenant, 'alliances.offer_expire', jsonb_build_object('offer_id', v_id),
                             (p_body ->> 'expires_at')::timestamptz + interval '1 minute', v_id::text);
        perform core.api_event(p_tenant, 'alliances.offer.received', 'offer', v_id, jsonb_build_object('tender_id', p_subject, 'alliance_id', p_alliance));
        return;
    end if;
    select o.offer_id into v_id from alliances.offer o where o.tenant_id = p_tenant and o.counterpart = p_counterpart and o.tender_id = p_subject;
    if not found then
        raise exception using errcode = 'PN404', message = 'alliances/offer_not_found';
    elsif p_kind = 'AWARD' then
        perform alliances.offer_awarded(p_tenant, v_id, p_document, p_body);
    elsif p_body ->> 'why' = 'WITHDRAWN' and exists (select from alliances.offer o where o.tenant_id = p_tenant and o.offer_id = v_id and o.state = 'AWARDED') then
        perform alliances.offer_taken_back(p_tenant, o) from alliances.offer o where o.tenant_id = p_tenant and o.offer_id = v_id;
    else
        update alliances.offer o
           set state = case when p_body ->> 'why' in ('GONE', 'WITHDRAWN', 'EXPIRED') then p_body ->> 'why' else 'WITHDRAWN' end, closed_at = clock_timestamp()
         where o.tenant_id = p_tenant and o.offer_id = v_id and o.state in ('OFFERED', 'COUNTERED', 'ACCEPTED');
        perform core.api_event(p_tenant, 'alliances.offer.closed', 'offer', v_id, jsonb_build_object('tender_id', p_subject, 'why', p_body -> 'why'));
    end if;
end $$;
comment on function alliances.api_document_apply(uuid, uuid, text, uuid, text, uuid, uuid, jsonb) is 'Applies a document about a tender to our own books.';

-- Should the owner's word not come (it has left), an offer does not stay open for ever.
create or replace function alliances.offer_expire(p_tenant uuid, p_offer uuid) returns boolean
    language plpgsql volatile
    as $$
begin
    update alliances.offer o set state = 'EXPIRED', closed_at = clock_timestamp()
     where o.tenant_id = p_tenant and o.offer_id = p_offer and o.state in ('OFFERED', 'COUNTERED') and o.expires_at <= clock_timestamp();
    return found;
end $$;
comment on function alliances.offer_expire(uuid, uuid) is 'Ends an offer whose time is over and of which nothing was heard.';

grant execute on function alliances.offer_is_reached(uuid, jsonb, alliances.offer), alliances.offer_steps(alliances.offer), alliances.offer_told(uuid, alliances.offer),
    alliances.offer_summary(alliances.offer), alliances.offer_document(alliances.offer),
    alliances.offer_answer(uuid, uuid, jsonb, jsonb, uuid, text, jsonb), alliances.offer_awarded(uuid, uuid, uuid, jsonb),
    alliances.api_document_apply(uuid, uuid, text, uuid, text, uuid, uuid, jsonb), alliances.offer_expire(uuid, uuid) to hansa_app;
