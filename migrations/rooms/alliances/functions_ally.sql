-- What becomes of an award in the books of who carries: the one who gave the leg is a customer, the leg an order at the price that was
-- agreed. So it counts in credit, analyses and points like any other (decision 0050).

-- At the first award: the account of the relation that there is already, else a new one. Two first awards at once queue up.
create or replace function alliances.ally_account(p_tenant uuid, p_counterpart uuid) returns uuid
    language plpgsql volatile
    as $$
declare
    v_account uuid;
    v_org json;
begin
    perform pg_advisory_xact_lock(hashtextextended('alliances.ally ' || p_tenant || p_counterpart, 0));
    select a.account_id into v_account from alliances.ally a where a.tenant_id = p_tenant and a.counterpart = p_counterpart;
    if found then
        return v_account;
    end if;
    v_account := partners.api_partner_of_tenant(p_tenant, p_counterpart);
    if v_account is null then
        v_org := partners.api_organisation_short(partners.api_organisation_of(p_counterpart));
        v_account := crm.api_account_create(p_tenant, jsonb_strip_nulls(jsonb_build_object(
            'kind', 'CUSTOMER', 'name', v_org ->> 'legal_name', 'country', v_org ->> 'country')));
    end if;
    insert into alliances.ally (tenant_id, counterpart, account_id) values (p_tenant, p_counterpart, v_account);
    perform audit.api_note(p_tenant, '{}', 'ally', partners.api_organisation_of(p_counterpart), jsonb_build_object('account_id', v_account));
    return v_account;
end $$;
comment on function alliances.ally_account(uuid, uuid) is 'The account that another tenant is as our customer; made and remembered when there is none.';

create or replace function alliances.ally_document(a alliances.ally) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('organisation', partners.api_organisation_short(partners.api_organisation_of(a.counterpart)),
               'customer', (select c.customer from crm.v_account c where c.tenant_id = a.tenant_id and c.account_id = a.account_id),
               'created_at', core.rfc3339(a.created_at), 'changed_at', core.rfc3339(a.changed_at));
end $$;
comment on function alliances.ally_document(alliances.ally) is 'An ally as replies show it.';

create or replace function alliances.ally_set(p_tenant uuid, p_context jsonb, p_org uuid, p_account uuid) returns json
    language plpgsql volatile
    as $$
declare
    v_old alliances.ally;
    v_new alliances.ally;
begin
    select a.* into v_old from alliances.ally a
     where a.tenant_id = p_tenant and a.counterpart = partners.api_organisation_tenant(p_org) for update;
    if not found then
        return null;
    elsif not crm.api_account_is_known(p_tenant, p_account) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id', detail = 'There is no account with this id.';
    elsif v_old.account_id = p_account then
        return alliances.ally_document(v_old);
    end if;
    update alliances.ally a set account_id = p_account, changed_at = clock_timestamp()
     where a.tenant_id = p_tenant and a.counterpart = v_old.counterpart
    returning * into v_new;
    perform audit.api_note(p_tenant, p_context, 'ally', p_org, jsonb_build_object(
        'account_id', jsonb_build_object('old', v_old.account_id, 'new', p_account)));
    return alliances.ally_document(v_new);
end $$;
comment on function alliances.ally_set(uuid, jsonb, uuid, uuid) is 'Says which account an ally is as a customer, from the next award on; null when it gave us nothing yet.';

-- The body of the order. What the charter keeps back is not there; an order says where or what, so what is nowhere named is carriage.
create or replace function alliances.order_told(p_account uuid, p_tender uuid, p_document uuid, p_told jsonb) returns jsonb
    language plpgsql stable
    as $$
declare
    v_units numeric := (p_told -> 'cargo' ->> 'units')::numeric;
begin
    return jsonb_strip_nulls(jsonb_build_object(
        'account_id', p_account, 'source', 'EXCHANGE', 'source_id', p_tender, 'draft', true,
        'mode', p_told -> 'leg' -> 'mode', 'service', p_told -> 'shipment' -> 'service', 'incoterm', p_told -> 'shipment' -> 'incoterm',
        'incoterm_place', p_told -> 'shipment' -> 'incoterm_place', 'origin', p_told -> 'from' -> 'place', 'destination', p_told -> 'to' -> 'place',
        'requested_pickup', p_told -> 'from' -> 'window', 'requested_delivery', p_told -> 'to' -> 'window', 'price', p_told -> 'price',
        'cargo', case when v_units > 0 then jsonb_build_array(jsonb_build_object('description', 'Goods of the leg', 'quantity', v_units::text,
                                                                              'unit', 'units', 'weight_kg', p_told -> 'cargo' -> 'weight_kg'))
                      when coalesce(p_told -> 'from' -> 'place', p_told -> 'to' -> 'place', '{}') = '{}' then
                          jsonb_build_array(jsonb_build_object('description', 'Carriage of a leg', 'quantity', '1')) end,
        'references', jsonb_build_array(jsonb_build_object('kind', 'OTHER', 'number', p_document))
                      || case when p_told -> 'shipment' ? 'tracking_number'
                              then jsonb_build_object('kind', 'CUSTOMER', 'number', p_told -> 'shipment' ->> 'tracking_number') else '[]' end));
end $$;
comment on function alliances.order_told(uuid, uuid, uuid, jsonb) is 'An order''s body from what was told of an awarded leg.';

-- For orders: a leg of ours was called off. Who had it learns that it is withdrawn; nothing more is told either way.
create or replace function alliances.api_leg_called_off(p_tenant uuid, p_leg uuid, p_reason text) returns void
    language plpgsql volatile
    as $$
declare
    t alliances.tender;
    b alliances.bid;
begin
    select * into t from alliances.tender x where x.tenant_id = p_tenant and x.leg_id = p_leg and x.state in ('OFFERED', 'AWARDED') for update;
    if not found then
        return;
    elsif t.state = 'OFFERED' then
        perform alliances.tender_end(p_tenant, t, 'WITHDRAWN', left(p_reason, 200));
        return;
    end if;
    select * into b from alliances.bid x where x.tenant_id = p_tenant and x.bid_id = t.awarded_bid_id;
    update alliances.bid x set state = 'WITHDRAWN' where x.tenant_id = p_tenant and x.bid_id = b.bid_id;
    update alliances.tender x set state = 'WITHDRAWN', awarded_bid_id = null, closed_at = clock_timestamp(), closed_why = left(p_reason, 200)
     where x.tenant_id = p_tenant and x.tender_id = t.tender_id;
    if b.member is null then
        update alliances.offer o set state = 'WITHDRAWN', closed_at = clock_timestamp() where o.tenant_id = p_tenant and o.offer_id = b.bid_id;
    else
        perform exchange.api_document_send(p_tenant, b.member, t.alliance_id, 'TENDER_WITHDRAWAL', 'CARRIER', t.tender_id, '{"why": "WITHDRAWN"}');
        perform exchange.api_share_end(p_tenant, t.tender_id);
    end if;
    perform core.api_event(p_tenant, 'alliances.tender.withdrawn', 'tender', t.tender_id, jsonb_build_object('leg_id', p_leg, 'shipment_id', t.shipment_id));
end $$;
comment on function alliances.api_leg_called_off(uuid, uuid, text) is 'Takes back the tender or the award of a leg that was called off before it began; nothing when there is none.';

-- At the carrier: an award was taken back. What moves already does not end by itself: staff are told by the order's event.
create or replace function alliances.offer_taken_back(p_tenant uuid, o alliances.offer) returns void
    language plpgsql volatile
    as $$
begin
    update alliances.offer x set state = 'WITHDRAWN', closed_at = clock_timestamp() where x.tenant_id = p_tenant and x.offer_id = o.offer_id;
    perform exchange.api_share_end(p_tenant, o.tender_id);
    perform orders.api_award_called_off(p_tenant, o.tender_id, 'The award was withdrawn.');
    perform audit.api_note(p_tenant, '{}', 'offer', o.offer_id, '{"state": "WITHDRAWN"}');
    perform core.api_event(p_tenant, 'alliances.offer.closed', 'offer', o.offer_id, jsonb_build_object('tender_id', o.tender_id, 'why', 'WITHDRAWN'));
end $$;
comment on function alliances.offer_taken_back(uuid, alliances.offer) is 'Ends what was made of an award that its owner takes back.';

grant execute on function alliances.ally_account(uuid, uuid), alliances.ally_document(alliances.ally), alliances.ally_set(uuid, jsonb, uuid, uuid),
    alliances.order_told(uuid, uuid, uuid, jsonb), alliances.api_leg_called_off(uuid, uuid, text), alliances.offer_taken_back(uuid, alliances.offer)
    to hansa_app;
