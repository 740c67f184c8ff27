-- How a tender ends: awarded, withdrawn, expired. All of it under the lock of the tender's row.

create or replace function alliances.tender_locked(p_tenant uuid, p_reach jsonb, p_tender uuid) returns alliances.tender
    language plpgsql volatile
    as $$
declare
    t alliances.tender;
begin
    select * into t from alliances.tender x where x.tenant_id = p_tenant and x.tender_id = p_tender for update;
    if not found or not alliances.tender_is_reached(p_tenant, p_reach, t.shipment_id) then
        return null;
    end if;
    return t;
end $$;
comment on function alliances.tender_locked(uuid, jsonb, uuid) is 'A tender that the caller reaches, locked; null when there is none.';

-- Those who are not given it learn that it is gone, and not to whom nor for how much.
create or replace function alliances.bids_close(p_tenant uuid, t alliances.tender, p_bid_state text, p_offer_state text) returns void
    language plpgsql volatile
    as $$
declare
    b alliances.bid;
begin
    for b in select * from alliances.bid x
              where x.tenant_id = p_tenant and x.tender_id = t.tender_id and x.state in ('OFFERED', 'COUNTERED', 'ACCEPTED')
              order by x.member, x.account_id loop
        update alliances.bid x set state = p_bid_state where x.tenant_id = p_tenant and x.bid_id = b.bid_id;
        if b.member is not null then
            perform exchange.api_document_send(p_tenant, b.member, t.alliance_id, 'TENDER_WITHDRAWAL', 'CARRIER', t.tender_id,
                                               jsonb_build_object('why', p_offer_state));
        else
            update alliances.offer o set state = p_offer_state, closed_at = clock_timestamp()
             where o.tenant_id = p_tenant and o.offer_id = b.bid_id;
        end if;
    end loop;
end $$;
comment on function alliances.bids_close(uuid, alliances.tender, text, text) is 'Ends all bids that are still open, and tells those who were asked.';

drop function if exists alliances.tender_award(uuid, alliances.tender, alliances.bid);
create or replace function alliances.tender_award(p_tenant uuid, p_reach jsonb, p_tender alliances.tender, p_bid alliances.bid) returns alliances.tender
    language plpgsql volatile
    as $$
declare
    t alliances.tender := p_tender;
    v_price numeric := case when p_bid.state = 'COUNTERED' then p_bid.price else t.price_wanted end;
    v_currency text := case when p_bid.state = 'COUNTERED' then p_bid.currency when t.price_wanted is not null then t.currency end;
    v_carrier uuid := alliances.bidder_account(p_bid);
begin
    perform partners.api_work_demand(p_tenant, p_reach, v_carrier, null, '/bid_id');
    -- Before the leg: events lock the shipment's status first and the leg then, and so does this.
    if p_bid.member is not null then
        perform exchange.api_share_open(p_tenant, t.tender_id, p_bid.member, t.alliance_id, 'OWNER', t.shipment_id, t.leg_id);
    end if;
    if not orders.api_leg_awarded(p_tenant, t.leg_id, v_carrier, v_price, v_currency) then
        raise exception using errcode = 'PN409', message = 'alliances/tender_leg_state', detail = 'The leg is not on offer any more.',
            hint = core.steps(alliances.tender_steps(t));
    end if;
    update alliances.bid x set state = 'AWARDED', price = v_price, currency = v_currency
     where x.tenant_id = p_tenant and x.bid_id = p_bid.bid_id;
    update alliances.tender x set state = 'AWARDED', awarded_bid_id = p_bid.bid_id, closed_at = clock_timestamp()
     where x.tenant_id = p_tenant and x.tender_id = t.tender_id returning * into t;
    if p_bid.member is null then
        update alliances.offer o set state = 'AWARDED', closed_at = clock_timestamp()
         where o.tenant_id = p_tenant and o.offer_id = p_bid.bid_id;
    elsif exchange.api_document_send(p_tenant, p_bid.member, t.alliance_id, 'AWARD', 'CARRIER', t.tender_id,
                                     alliances.tender_told(p_tenant, t, v_price, v_currency)) is null then
        raise exception using errcode = 'PN409', message = 'alliances/tender_member_left', detail = coalesce(alliances.api_standing_told(t.alliance_id, p_bid.member), 'This member has left the alliance.');
    end if;
    perform alliances.bids_close(p_tenant, t, 'LOST', 'GONE');
    perform core.api_event(p_tenant, 'alliances.tender.awarded', 'tender', t.tender_id, jsonb_strip_nulls(jsonb_build_object(
        'leg_id', t.leg_id, 'shipment_id', t.shipment_id, 'bid_id', p_bid.bid_id, 'carrier_account_id', v_carrier)));
    return t;
end $$;
comment on function alliances.tender_award(uuid, jsonb, alliances.tender, alliances.bid) is 'Gives the leg to one bidder. Tender and bid are locked by the caller.';

-- An answer comes from a member's document or from a partner's people here. One that comes too late changes nothing: who sent it is
-- being told. False then.
drop function if exists alliances.bid_answered(uuid, uuid, uuid, jsonb, jsonb);
create or replace function alliances.bid_answered(p_tenant uuid, p_reach jsonb, p_tender uuid, p_bid uuid, p_answer jsonb, p_context jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    t alliances.tender;
    b alliances.bid;
    v_answer text := p_answer ->> 'answer';
    v_refusal text;
begin
    select * into t from alliances.tender x where x.tenant_id = p_tenant and x.tender_id = p_tender for update;
    select * into b from alliances.bid x where x.tenant_id = p_tenant and x.bid_id = p_bid and x.tender_id = p_tender;
    if t.state is distinct from 'OFFERED' or b.state not in ('OFFERED', 'COUNTERED') then
        return false;
    end if;
    update alliances.bid x
       set state = v_answer, answered_at = coalesce((p_answer ->> 'answered_at')::timestamptz, clock_timestamp()),
           price = (p_answer -> 'price' ->> 'amount')::numeric, currency = p_answer -> 'price' ->> 'currency',
           reason = p_answer ->> 'reason', notes = p_answer ->> 'notes'
     where x.tenant_id = p_tenant and x.bid_id = p_bid
    returning * into b;
    perform audit.api_note(p_tenant, p_context, 'tender', p_tender, jsonb_build_object('bid_id', p_bid, 'answer', v_answer));
    perform core.api_event(p_tenant, 'alliances.bid.' || lower(v_answer), 'tender', p_tender, jsonb_build_object('bid_id', p_bid, 'leg_id', t.leg_id));
    -- A member is not in this house to be told 409: its answer is heard, and whether it gets the leg is the owner's to settle.
    v_refusal := case when v_answer = 'ACCEPTED' and b.member is not null then partners.api_work_refusal(p_tenant, alliances.bidder_account(b)) end;
    if v_refusal is not null then
        perform core.api_event(p_tenant, 'alliances.bid.not_awarded', 'tender', p_tender, jsonb_build_object('bid_id', p_bid, 'leg_id', t.leg_id));
        perform audit.api_note(p_tenant, p_context, 'tender', p_tender, jsonb_build_object('bid_id', p_bid, 'not_awarded', true,
            'personal', jsonb_build_object('reason', v_refusal)));
    elsif v_answer = 'ACCEPTED' and t.award_rule = 'FIRST_ACCEPTANCE' then
        t := alliances.tender_award(p_tenant, p_reach, t, b);
        perform audit.api_note(p_tenant, p_context, 'tender', p_tender, jsonb_build_object('state', 'AWARDED', 'bid_id', p_bid));
    end if;
    return true;
end $$;
comment on function alliances.bid_answered(uuid, jsonb, uuid, uuid, jsonb, jsonb) is
    'Notes an answer, and awards the tender to the first acceptance if that is its rule; false when the tender or the bid is closed.';

create or replace function alliances.tender_end(p_tenant uuid, t alliances.tender, p_state text, p_why text) returns alliances.tender
    language plpgsql volatile
    as $$
declare
    v_tender alliances.tender;
begin
    if t.state = 'OFFERED' then
        perform orders.api_leg_untendered(p_tenant, t.leg_id);
        perform alliances.bids_close(p_tenant, t, p_state, p_state);
    else
        update alliances.bid x set state = p_state where x.tenant_id = p_tenant and x.tender_id = t.tender_id;
    end if;
    update alliances.tender x set state = p_state, closed_at = clock_timestamp(), closed_why = p_why
     where x.tenant_id = p_tenant and x.tender_id = t.tender_id returning * into v_tender;
    perform core.api_event(p_tenant, 'alliances.tender.' || lower(p_state), 'tender', t.tender_id,
                           jsonb_build_object('leg_id', t.leg_id, 'shipment_id', t.shipment_id));
    return v_tender;
end $$;
comment on function alliances.tender_end(uuid, alliances.tender, text, text) is 'Withdraws a tender or lets it expire; its leg is free again.';

-- For the job: nothing when it was awarded or withdrawn meanwhile.
create or replace function alliances.tender_expire(p_tenant uuid, p_tender uuid) returns boolean
    language plpgsql volatile
    as $$
declare
    t alliances.tender := alliances.tender_locked(p_tenant, null, p_tender);
begin
    if t.state is distinct from 'OFFERED' or t.expires_at > clock_timestamp() then
        return false;
    end if;
    perform alliances.tender_end(p_tenant, t, 'EXPIRED', null);
    perform audit.api_note(p_tenant, '{}', 'tender', p_tender, '{"state": "EXPIRED"}');
    return true;
end $$;
comment on function alliances.tender_expire(uuid, uuid) is 'Ends a tender whose time is over.';

-- POST …/offer, …/withdraw, …/award. Null: no such tender. A state that forbids it is 409.
create or replace function alliances.tender_moved(p_tenant uuid, p_context jsonb, p_reach jsonb, p_tender uuid, p_verb text, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    t alliances.tender := alliances.tender_locked(p_tenant, p_reach, p_tender);
    b alliances.bid;
begin
    if t.tender_id is null then
        return null;
    elsif not (t.state = 'OFFERED' and p_verb <> 'offer' or t.state = 'DRAFT' and p_verb <> 'award') then
        raise exception using errcode = 'PN409', message = 'alliances/tender_state', detail = 'The tender is ' || t.state || '.',
            hint = core.steps(alliances.tender_steps(t));
    end if;
    if p_verb = 'offer' then
        t := alliances.tender_offered(p_tenant, t);
    elsif p_verb = 'withdraw' then
        t := alliances.tender_end(p_tenant, t, 'WITHDRAWN', p_body ->> 'reason');
    else
        select * into b from alliances.bid x
         where x.tenant_id = p_tenant and x.tender_id = p_tender and x.bid_id = (p_body ->> 'bid_id')::uuid;
        if not found then
            raise exception using errcode = 'PN422', message = 'alliances/tender_bid_unknown', column = '/bid_id', detail = 'The tender has no bid with this id.';
        elsif b.state not in ('ACCEPTED', 'COUNTERED') then
            raise exception using errcode = 'PN409', message = 'alliances/tender_bid_state', column = '/bid_id',
                detail = 'The bid is ' || b.state || '; only one that was accepted or countered can be awarded.',
                hint = core.steps(alliances.tender_steps(t));
        end if;
        t := alliances.tender_award(p_tenant, p_reach, t, b);
    end if;
    perform audit.api_note(p_tenant, p_context, 'tender', p_tender, jsonb_strip_nulls(jsonb_build_object('state', t.state, 'bid_id', b.bid_id,
        'reason', t.closed_why)));
    return alliances.tender_document(t);
end $$;
comment on function alliances.tender_moved(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Offers a draft, withdraws a tender or awards it to a bid.';

grant execute on function alliances.tender_locked(uuid, jsonb, uuid), alliances.bids_close(uuid, alliances.tender, text, text),
    alliances.tender_award(uuid, jsonb, alliances.tender, alliances.bid), alliances.bid_answered(uuid, jsonb, uuid, uuid, jsonb, jsonb),
    alliances.tender_end(uuid, alliances.tender, text, text), alliances.tender_expire(uuid, uuid),
    alliances.tender_moved(uuid, jsonb, jsonb, uuid, text, jsonb) to hansa_app;
