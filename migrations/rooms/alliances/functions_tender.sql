-- Tenders in the owner's books. Whatever changes a tender locks its row first and the offers made for it afterwards, so acceptances
-- of the same moment are heard one by one: the first is awarded, the others find it gone.

create or replace function alliances.money_document(p_amount numeric, p_currency text) returns json
    language sql immutable parallel safe
    as $$ select case when p_amount is not null then json_build_object('amount', p_amount::text, 'currency', p_currency) end $$;
comment on function alliances.money_document(numeric, text) is 'An amount as replies show it, or null.';

create or replace function alliances.bidder_account(p_bid alliances.bid) returns uuid
    language plpgsql stable
    as $$
begin
    return coalesce(p_bid.account_id, partners.api_partner_of_tenant(p_bid.tenant_id, p_bid.member));
end $$;
comment on function alliances.bidder_account(alliances.bid) is 'The owner''s account of who was asked; null for a member to whom the owner has no relation.';

drop function if exists alliances.bid_warnings(uuid, uuid);
create or replace function alliances.bid_warnings(p_bid alliances.bid) returns text[]
    language plpgsql stable
    as $$
declare
    v_account uuid := alliances.bidder_account(p_bid);
    v_most text := (select 'Asks ' || p_bid.price || ' ' || p_bid.currency || '; the most that you would pay is ' || t.price_max || ' ' || t.currency || '.'
                      from alliances.tender t
                     where t.tenant_id = p_bid.tenant_id and t.tender_id = p_bid.tender_id
                       and (p_bid.price > t.price_max or p_bid.currency <> t.currency));
begin
    return array_remove(array[v_most, partners.api_standing_told(p_bid.tenant_id, v_account, null)]
                        || partners.api_work_warnings(p_bid.tenant_id, v_account, null), null);
end $$;
comment on function alliances.bid_warnings(alliances.bid) is 'What speaks against an award to this bid, in words.';

create or replace function alliances.bid_document(p_bid alliances.bid) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('bid_id', p_bid.bid_id,
               'member', case when p_bid.member is not null then partners.api_organisation_short(partners.api_organisation_of(p_bid.member)) end,
               'partner_id', p_bid.account_id, 'state', p_bid.state, 'price', alliances.money_document(p_bid.price, p_bid.currency),
               'reason', p_bid.reason, 'notes', p_bid.notes, 'answered_at', core.rfc3339(p_bid.answered_at),
               'warnings', case when p_bid.state in ('OFFERED', 'COUNTERED', 'ACCEPTED', 'AWARDED')
                                then alliances.bid_warnings(p_bid) else '{}' end);
end $$;
comment on function alliances.bid_document(alliances.bid) is 'Who was asked, and the answer, as replies show it.';

create or replace function alliances.tender_summary(t alliances.tender) returns json
    language plpgsql stable
    as $$
begin
    return json_build_object('tender_id', t.tender_id, 'shipment_id', t.shipment_id, 'leg_id', t.leg_id, 'alliance_id', t.alliance_id,
               'state', t.state, 'award_rule', t.award_rule, 'price_wanted', alliances.money_document(t.price_wanted, t.currency),
               'price_max', alliances.money_document(t.price_max, t.currency), 'expires_at', core.rfc3339(t.expires_at), 'notes', t.notes,
               'awarded_bid_id', t.awarded_bid_id, 'created_at', core.rfc3339(t.created_at), 'offered_at', core.rfc3339(t.offered_at),
               'closed_at', core.rfc3339(t.closed_at), 'closed_why', t.closed_why);
end $$;
comment on function alliances.tender_summary(alliances.tender) is 'A tender as lists show it.';

create or replace function alliances.tender_document(t alliances.tender) returns json
    language plpgsql stable
    as $$
begin
    return core.json_with(alliances.tender_summary(t), 'bids', (
        select json_agg(alliances.bid_document(b) order by b.bid_id) from alliances.bid b where b.tenant_id = t.tenant_id and b.tender_id = t.tender_id));
end $$;
comment on function alliances.tender_document(alliances.tender) is 'A tender with its bids.';

-- Tenders are the owner's: who carries or buys sees offers and shipments, never what others were asked or bid.
create or replace function alliances.tender_is_reached(p_tenant uuid, p_reach jsonb, p_shipment uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return coalesce(p_reach ->> 'kind', '') not in ('PARTNER', 'ACCOUNT') and orders.api_is_reached(p_tenant, p_reach, p_shipment);
end $$;
comment on function alliances.tender_is_reached(uuid, jsonb, uuid) is 'May a caller of this reach see tenders of the shipment? Partners'' and customers'' people never.';

-- What the carrier is told, whole; the charter of the alliance, or the house for partners outside, takes out what is not for it.
create or replace function alliances.tender_told(p_tenant uuid, t alliances.tender, p_price numeric, p_currency text) returns jsonb
    language plpgsql stable
    as $$
begin
    return orders.api_leg_told(p_tenant, t.leg_id) || jsonb_strip_nulls(jsonb_build_object(
        'tender_id', t.tender_id, 'expires_at', core.rfc3339(t.expires_at), 'award_rule', t.award_rule, 'notes', t.notes,
        'price', alliances.money_document(p_price, p_currency)));
end $$;
comment on function alliances.tender_told(uuid, alliances.tender, numeric, text) is 'Body of a TENDER or AWARD document before the mask.';

-- The addressees of a new tender: members of the alliance by their organisation, partners outside by their account.
create or replace function alliances.bids_create(p_tenant uuid, t alliances.tender, p_body jsonb) returns void
    language plpgsql volatile
    as $$
declare
    v_bad record;
begin
    if coalesce(jsonb_array_length(p_body -> 'members'), 0) + coalesce(jsonb_array_length(p_body -> 'partners'), 0) = 0 then
        raise exception using errcode = 'PN422', message = 'alliances/tender_to_nobody', column = '/members', detail = 'Name a member or a partner who is asked.';
    elsif jsonb_array_length(p_body -> 'members') > 0 and t.alliance_id is null then
        raise exception using errcode = 'PN422', message = 'alliances/tender_alliance_unknown', column = '/alliance_id',
            detail = 'Members are asked within an alliance; name it.';
    end if;
    insert into alliances.bid (tenant_id, bid_id, tender_id, member)
    select p_tenant, core.uuidv7(), t.tender_id, m.member
      from (select distinct alliances.api_member_named(t.alliance_id, g.org::uuid) as member
              from jsonb_array_elements_text(coalesce(p_body -> 'members', '[]')) g (org)) m
     where m.member is not null and m.member <> p_tenant;
    insert into alliances.bid (tenant_id, bid_id, tender_id, account_id)
    select p_tenant, core.uuidv7(), t.tender_id, k.account_id
      from (select distinct p.account_id
              from jsonb_array_elements_text(coalesce(p_body -> 'partners', '[]')) g (partner_id)
             cross join lateral partners.api_partner(p_tenant, g.partner_id::uuid) p
             where p.state in ('CANDIDATE', 'QUALIFIED', 'ACTIVE')) k
     where k.account_id is not null;
    select w.pointer, w.error into v_bad
      from (select '/members/' || g.place - 1 as pointer, 'alliances/tender_member_unknown' as error
              from jsonb_array_elements_text(coalesce(p_body -> 'members', '[]')) with ordinality g (org, place)
             where not exists (select from alliances.bid b where b.tenant_id = p_tenant and b.tender_id = t.tender_id
                                  and b.member = alliances.api_member_named(t.alliance_id, g.org::uuid))
            union all
            select '/partners/' || g.place - 1, 'alliances/tender_partner_unknown'
              from jsonb_array_elements_text(coalesce(p_body -> 'partners', '[]')) with ordinality g (partner_id, place)
             where not exists (select from alliances.bid b where b.tenant_id = p_tenant and b.tender_id = t.tender_id
                                  and b.account_id = g.partner_id::uuid)) w
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = v_bad.error, column = v_bad.pointer,
            detail = case v_bad.error when 'alliances/tender_member_unknown' then coalesce(
                                          alliances.api_standing_told(t.alliance_id, partners.api_organisation_tenant((p_body #>> string_to_array(ltrim(v_bad.pointer, '/'), '/'))::uuid)),
                                          'The alliance has no other active member with this organisation.')
                                      else coalesce(partners.api_standing_told(p_tenant, (p_body #>> string_to_array(ltrim(v_bad.pointer, '/'), '/'))::uuid, null),
                                                    'There is no partner with this id.') end;
    end if;
end $$;
comment on function alliances.bids_create(uuid, alliances.tender, jsonb) is 'Whom a new tender asks.';

create or replace function alliances.tender_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    t alliances.tender;
    v_wanted jsonb := nullif(p_body -> 'price_wanted', 'null');
    v_max jsonb := nullif(p_body -> 'price_max', 'null');
begin
    t.tenant_id := p_tenant;
    t.tender_id := core.uuidv7();
    t.leg_id := (p_body ->> 'leg_id')::uuid;
    t.alliance_id := (p_body ->> 'alliance_id')::uuid;
    t.expires_at := (p_body ->> 'expires_at')::timestamptz;
    if t.alliance_id is not null then
        perform sandbox.api_demand_firm(p_tenant);
    end if;
    select l.shipment_id into t.shipment_id from orders.v_leg l where l.tenant_id = p_tenant and l.leg_id = t.leg_id;
    if t.shipment_id is null or not alliances.tender_is_reached(p_tenant, p_reach, t.shipment_id) then
        raise exception using errcode = 'PN422', message = 'alliances/tender_leg_unknown', column = '/leg_id', detail = 'There is no leg with this id.';
    elsif t.alliance_id is not null and not alliances.api_is_member(t.alliance_id, p_tenant) then
        raise exception using errcode = 'PN422', message = 'alliances/tender_alliance_unknown', column = '/alliance_id',
            detail = coalesce(alliances.api_standing_told(t.alliance_id, p_tenant), 'You are no active member of an active alliance with this id.');
    elsif t.expires_at <= clock_timestamp() then
        raise exception using errcode = 'PN422', message = 'alliances/tender_expiry_past', column = '/expires_at', detail = 'Give a time that lies ahead.';
    elsif v_wanted ->> 'currency' <> v_max ->> 'currency' or (v_wanted ->> 'amount')::numeric > (v_max ->> 'amount')::numeric then
        raise exception using errcode = 'PN422', message = 'alliances/tender_prices_differ', column = '/price_max',
            detail = 'Both prices are in one currency, and the greatest is not below the one that is offered.';
    elsif least((v_wanted ->> 'amount')::numeric, (v_max ->> 'amount')::numeric) < 0 then
        raise exception using errcode = 'PN422', message = 'alliances/price_negative', column = '/price_wanted', detail = 'A price cannot be below zero.';
    end if;
    insert into alliances.tender (tenant_id, tender_id, shipment_id, leg_id, alliance_id, award_rule, price_wanted, price_max, currency, expires_at,
                                  notes, created_by)
    values (p_tenant, t.tender_id, t.shipment_id, t.leg_id, t.alliance_id, coalesce(p_body ->> 'award_rule', 'FIRST_ACCEPTANCE'),
            (v_wanted ->> 'amount')::numeric, (v_max ->> 'amount')::numeric, coalesce(v_wanted, v_max) ->> 'currency', t.expires_at,
            p_body ->> 'notes', p_actor)
    returning * into t;
    perform alliances.bids_create(p_tenant, t, p_body);
    perform audit.api_note(p_tenant, p_context, 'tender', t.tender_id, jsonb_build_object('leg_id', t.leg_id, 'alliance_id', t.alliance_id,
        'award_rule', t.award_rule, 'price_wanted', p_body -> 'price_wanted', 'price_max', p_body -> 'price_max', 'expires_at', p_body -> 'expires_at',
        'members', p_body -> 'members', 'partners', p_body -> 'partners', 'is_draft', coalesce(p_body -> 'is_draft', 'false')));
    if not coalesce((p_body ->> 'is_draft')::boolean, false) then
        t := alliances.tender_offered(p_tenant, t);
    end if;
    return alliances.tender_document(t);
end $$;
comment on function alliances.tender_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes a tender of a leg, and offers it unless it is a draft.';

create or replace function alliances.tender_steps(t alliances.tender) returns text[]
    language plpgsql stable
    as $$
begin
    return case when t.state = 'DRAFT' and t.expires_at <= clock_timestamp() then '{withdraw}'
                when t.state = 'DRAFT' then '{offer,withdraw}'
                when t.state = 'OFFERED' then '{withdraw,award}' else '{}' end::text[];
end $$;
comment on function alliances.tender_steps(alliances.tender) is 'What can be done with a tender as it is now; an award needs a bid besides.';

-- The draft's row is locked by the caller, or new.
create or replace function alliances.tender_offered(p_tenant uuid, p_tender alliances.tender) returns alliances.tender
    language plpgsql volatile
    as $$
declare
    t alliances.tender := p_tender;
    b alliances.bid;
    v_told jsonb;
begin
    if t.expires_at <= clock_timestamp() then
        raise exception using errcode = 'PN409', message = 'alliances/tender_state', detail = 'Its time is over.',
            hint = core.steps(alliances.tender_steps(t));
    elsif not orders.api_leg_tendered(p_tenant, t.leg_id) then
        raise exception using errcode = 'PN409', message = 'alliances/tender_leg_state', column = '/leg_id',
            detail = 'Only a leg that is PLANNED can be offered.';
    end if;
    update alliances.tender x set state = 'OFFERED', offered_at = clock_timestamp()
     where x.tenant_id = p_tenant and x.tender_id = t.tender_id returning * into t;
    v_told := alliances.tender_told(p_tenant, t, t.price_wanted, t.currency);
    for b in select * from alliances.bid x where x.tenant_id = p_tenant and x.tender_id = t.tender_id order by x.member, x.account_id loop
        if b.member is not null and (not alliances.api_is_member(t.alliance_id, b.member)
               or exchange.api_document_send(p_tenant, b.member, t.alliance_id, 'TENDER', 'CARRIER', t.tender_id, v_told) is null) then
            raise exception using errcode = 'PN422', message = 'alliances/tender_not_shared', column = '/members',
                detail = 'The charter in force lets no tender be told to ' || coalesce(partners.api_organisation_short(
                    partners.api_organisation_of(b.member)) ->> 'legal_name', 'this member') || '.';
        elsif b.account_id is not null then
            insert into alliances.offer (tenant_id, offer_id, account_id, tender_id, price_offered, currency_offered, expires_at)
            values (p_tenant, b.bid_id, b.account_id, t.tender_id, t.price_wanted, case when t.price_wanted is not null then t.currency end, t.expires_at);
        end if;
    end loop;
    perform core.api_job(p_tenant, 'alliances.tender_expire', jsonb_build_object('tender_id', t.tender_id), t.expires_at, t.tender_id::text);
    perform core.api_event(p_tenant, 'alliances.tender.offered', 'tender', t.tender_id, jsonb_build_object('leg_id', t.leg_id, 'shipment_id', t.shipment_id));
    return t;
end $$;
comment on function alliances.tender_offered(uuid, alliances.tender) is 'Offers a draft to all whom it asks.';

grant execute on function alliances.money_document(numeric, text), alliances.bidder_account(alliances.bid), alliances.bid_warnings(alliances.bid), alliances.bid_document(alliances.bid), alliances.tender_summary(alliances.tender),
    alliances.tender_document(alliances.tender), alliances.tender_is_reached(uuid, jsonb, uuid),
    alliances.tender_told(uuid, alliances.tender, numeric, text), alliances.bids_create(uuid, alliances.tender, jsonb),
    alliances.tender_create(uuid, uuid, jsonb, jsonb, jsonb), alliances.tender_offered(uuid, alliances.tender),
    alliances.tender_steps(alliances.tender) to hansa_app;
