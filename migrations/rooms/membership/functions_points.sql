-- Points. Who moves points of a member holds the lock on the member's row; every move is a transaction with its reason, and its
-- postings say how many points of which lot went from which state to which. Lots are spent first-expiring first, ties by lot_id.

create or replace function membership.member_locked(p_tenant uuid, p_reach jsonb, p_member uuid) returns membership.member
    language plpgsql volatile
    as $$
declare
    v_member membership.member;
begin
    select * into v_member from membership.member m where m.tenant_id = p_tenant and m.member_id = p_member for no key update;
    if not found or not crm.api_account_is_reached(p_tenant, p_reach, v_member.account_id) then
        return null;
    end if;
    return v_member;
end $$;
comment on function membership.member_locked(uuid, jsonb, uuid) is 'A member that the caller reaches, locked until the end of the transaction; null when there is none.';

create or replace function membership.points_note(p_tenant uuid, p_context jsonb, p_member uuid, p_kind text, p_points bigint, p_reason text,
    p_now timestamptz, p_owed bigint default 0, p_redemption uuid default null, p_reverses uuid default null) returns uuid
    language plpgsql volatile
    as $$
declare
    v_transaction uuid := core.uuidv7();
begin
    insert into membership.points_transaction (tenant_id, transaction_id, member_id, kind, points, owed, reason, redemption_id, reverses_id, at, by_actor)
    values (p_tenant, v_transaction, p_member, p_kind, p_points, p_owed, p_reason, p_redemption, p_reverses, p_now, (p_context ->> 'actor_id')::uuid);
    if p_owed <> 0 then
        update membership.member m set owed = m.owed + p_owed where m.tenant_id = p_tenant and m.member_id = p_member;
    end if;
    perform audit.api_note(p_tenant, coalesce(p_context, '{}'), 'points_transaction', v_transaction,
                           jsonb_build_object('member_id', p_member, 'kind', p_kind, 'points', p_points, 'owed', p_owed));
    return v_transaction;
end $$;
comment on function membership.points_note(uuid, jsonb, uuid, text, bigint, text, timestamptz, bigint, uuid, uuid) is
    'Writes down why points move; the moves themselves are its postings.';

create or replace function membership.points_available(p_tenant uuid, p_member uuid) returns bigint
    language sql stable
    as $$ select coalesce(sum(l.available), 0)::bigint from membership.lot l
           where l.tenant_id = p_tenant and l.member_id = p_member and l.pending + l.available + l.reserved > 0 $$;
comment on function membership.points_available(uuid, uuid) is 'Points of a member that may be spent, after points_settle.';

create or replace function membership.points_take(p_tenant uuid, p_member uuid, p_transaction uuid, p_points bigint, p_to text) returns bigint
    language plpgsql volatile
    as $$
declare
    v_taken bigint;
begin
    with open as (
        select l.lot_id, l.available, sum(l.available) over (order by l.expires_at, l.lot_id) - l.available as before
          from membership.lot l
         where l.tenant_id = p_tenant and l.member_id = p_member and l.pending + l.available + l.reserved > 0 and l.available > 0),
    part as (select o.lot_id, least(o.available, p_points - o.before)::bigint as points from open o where o.before < p_points),
    moved as (
        update membership.lot l
           set available = l.available - p.points,
               reserved = l.reserved + case p_to when 'RESERVED' then p.points else 0 end,
               redeemed = l.redeemed + case p_to when 'REDEEMED' then p.points else 0 end,
               reversed = l.reversed + case p_to when 'REVERSED' then p.points else 0 end
          from part p
         where l.tenant_id = p_tenant and l.lot_id = p.lot_id
        returning l.lot_id, p.points),
    posted as (
        insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
        select p_tenant, p_transaction, m.lot_id, 'AVAILABLE', p_to, m.points from moved m
        returning posting.points)
    select coalesce(sum(p.points), 0) into v_taken from posted p;
    return v_taken;
end $$;
comment on function membership.points_take(uuid, uuid, uuid, bigint, text) is
    'Moves available points of a locked member, first-expiring lots first, to RESERVED, REDEEMED or REVERSED; answers how many there were.';

-- What time has done: pending points whose day has come, points whose time is over; then what is owed is paid.
create or replace function membership.points_settle(p_tenant uuid, p_member uuid, p_now timestamptz) returns void
    language plpgsql volatile
    as $$
declare
    v_points bigint;
    v_transaction uuid;
    v_owed bigint;
begin
    select sum(l.pending) into v_points from membership.lot l
     where l.tenant_id = p_tenant and l.member_id = p_member and l.pending + l.available + l.reserved > 0 and l.pending > 0 and l.available_at <= p_now;
    if v_points > 0 then
        v_transaction := membership.points_note(p_tenant, null, p_member, 'MATURE', v_points, 'The waiting time is over', p_now);
        with moved as (
            update membership.lot l set available = l.available + l.pending, pending = 0
              from membership.lot o
             where o.tenant_id = p_tenant and o.member_id = p_member and o.pending + o.available + o.reserved > 0 and o.pending > 0
               and o.available_at <= p_now and l.tenant_id = p_tenant and l.lot_id = o.lot_id
            returning l.lot_id, o.pending as points)
        insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
        select p_tenant, v_transaction, m.lot_id, 'PENDING', 'AVAILABLE', m.points from moved m;
    end if;
    select sum(l.available) into v_points from membership.lot l
     where l.tenant_id = p_tenant and l.member_id = p_member and l.pending + l.available + l.reserved > 0 and l.available > 0 and l.expires_at <= p_now;
    if v_points > 0 then
        v_transaction := membership.points_note(p_tenant, null, p_member, 'EXPIRE', v_points, 'Their time is over', p_now);
        with moved as (
            update membership.lot l set expired = l.expired + l.available, available = 0
              from membership.lot o
             where o.tenant_id = p_tenant and o.member_id = p_member and o.pending + o.available + o.reserved > 0 and o.available > 0
               and o.expires_at <= p_now and l.tenant_id = p_tenant and l.lot_id = o.lot_id
            returning l.lot_id, o.available as points)
        insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
        select p_tenant, v_transaction, m.lot_id, 'AVAILABLE', 'EXPIRED', m.points from moved m;
    end if;
    select m.owed into v_owed from membership.member m where m.tenant_id = p_tenant and m.member_id = p_member;
    v_points := least(v_owed, membership.points_available(p_tenant, p_member));
    if v_points > 0 then
        v_transaction := membership.points_note(p_tenant, null, p_member, 'SETTLE', v_points, 'Pays for points that were taken back', p_now, -v_points);
        perform membership.points_take(p_tenant, p_member, v_transaction, v_points, 'REVERSED');
    end if;
end $$;
comment on function membership.points_settle(uuid, uuid, timestamptz) is 'Brings the lots of a locked member up to a moment: matured, expired, debts paid.';

-- --- earning ---

create or replace function membership.order_standing(p_tenant uuid, p_member uuid, p_order uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select t.transaction_id from membership.points_transaction t
             where t.tenant_id = p_tenant and t.member_id = p_member and t.order_id = p_order and t.kind = 'EARN'
               and not exists (select from membership.points_transaction r where r.tenant_id = p_tenant and r.reverses_id = t.transaction_id));
end $$;
comment on function membership.order_standing(uuid, uuid, uuid) is 'The points that an order earned a member and that were not taken back; null for none.';

create or replace function membership.points_earned(p_tenant uuid, p_context jsonb, p_member membership.member, p_points bigint, p_reason text,
                                                    p_order uuid) returns uuid
    language plpgsql volatile
    as $$
declare
    v_now timestamptz := clock_timestamp();
    v_transaction uuid := core.uuidv7();
    v_lot uuid := core.uuidv7();
    v_program membership.program;
    v_is_pending boolean;
begin
    select * into v_program from membership.program p where p.tenant_id = p_tenant and p.program_id = p_member.program_id;
    v_is_pending := v_program.pending_days > 0;
    -- an order earns once, and again only after that was taken back; the member's lock keeps two of these apart
    if membership.order_standing(p_tenant, p_member.member_id, p_order) is not null then
        return null;
    end if;
    insert into membership.points_transaction (tenant_id, transaction_id, member_id, kind, points, reason, program_version, order_id, at, by_actor)
    values (p_tenant, v_transaction, p_member.member_id, 'EARN', p_points, p_reason, v_program.version, p_order, v_now, (p_context ->> 'actor_id')::uuid);
    insert into membership.lot (tenant_id, lot_id, member_id, transaction_id, points, pending, available, earned_at, available_at, expires_at)
    values (p_tenant, v_lot, p_member.member_id, v_transaction, p_points, case when v_is_pending then p_points else 0 end,
            case when v_is_pending then 0 else p_points end, v_now, v_now + make_interval(days => v_program.pending_days),
            v_now + make_interval(days => v_program.pending_days) + make_interval(months => v_program.life_months));
    insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
    values (p_tenant, v_transaction, v_lot, 'EARNED', case when v_is_pending then 'PENDING' else 'AVAILABLE' end, p_points);
    perform membership.points_settle(p_tenant, p_member.member_id, v_now);
    if p_member.status in ('ENROLLED', 'GRACE') then
        perform membership.member_stepped(p_tenant, p_context, p_member, 'ACTIVE', 'Points were earned');
    end if;
    perform audit.api_note(p_tenant, coalesce(p_context, '{}'), 'points_transaction', v_transaction,
                           jsonb_build_object('member_id', p_member.member_id, 'kind', 'EARN', 'points', p_points, 'order_id', p_order));
    perform core.api_event(p_tenant, 'membership.points.earned', 'member', p_member.member_id,
                           jsonb_build_object('transaction_id', v_transaction, 'points', p_points, 'order_id', p_order));
    return v_transaction;
end $$;
comment on function membership.points_earned(uuid, jsonb, membership.member, bigint, text, uuid) is
    'Gives a locked member a lot of points; null when the order has earned before.';

create or replace function membership.points_earn(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
    v_transaction uuid;
begin
    if v_member.member_id is null then
        return null;
    elsif v_member.status not in ('ENROLLED', 'ACTIVE', 'GRACE') then
        raise exception using errcode = 'PN409', message = 'membership/member_not_enrolled',
            detail = format('The membership is %s: it earns nothing.', v_member.status);
    end if;
    -- not in one expression: the document is read with a snapshot taken after the points were written
    v_transaction := membership.points_earned(p_tenant, p_context, v_member, (p_body ->> 'points')::bigint, p_body ->> 'reason', null);
    return membership.transaction_document(p_tenant, v_transaction);
end $$;
comment on function membership.points_earn(uuid, jsonb, jsonb, uuid, jsonb) is 'Gives points by hand; null when the caller reaches no such member.';

-- --- spending ---

create or replace function membership.points_demand(p_tenant uuid, p_member membership.member, p_points bigint, p_now timestamptz) returns void
    language plpgsql volatile
    as $$
declare
    v_available bigint;
begin
    if p_member.status not in ('ACTIVE', 'GRACE') then
        raise exception using errcode = 'PN409', message = 'membership/member_not_active',
            detail = format('The membership is %s: it spends nothing.', p_member.status);
    end if;
    perform membership.points_settle(p_tenant, p_member.member_id, p_now);
    v_available := membership.points_available(p_tenant, p_member.member_id);
    if v_available < p_points then
        raise exception using errcode = 'PN409', message = 'membership/points_short',
            detail = format('%s points are needed, %s are there.', p_points, v_available);
    end if;
end $$;
comment on function membership.points_demand(uuid, membership.member, bigint, timestamptz) is 'Stops when a locked member may not spend so much.';

create or replace function membership.points_redeem(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
    v_now timestamptz := clock_timestamp();
    v_points bigint := (p_body ->> 'points')::bigint;
    v_transaction uuid;
begin
    if v_member.member_id is null then
        return null;
    end if;
    perform membership.points_demand(p_tenant, v_member, v_points, v_now);
    v_transaction := membership.points_note(p_tenant, p_context, p_member, 'REDEEM', v_points, p_body ->> 'reason', v_now);
    perform membership.points_take(p_tenant, p_member, v_transaction, v_points, 'REDEEMED');
    perform core.api_event(p_tenant, 'membership.points.redeemed', 'member', p_member,
                           jsonb_build_object('transaction_id', v_transaction, 'points', v_points));
    return membership.transaction_document(p_tenant, v_transaction);
end $$;
comment on function membership.points_redeem(uuid, jsonb, jsonb, uuid, jsonb) is 'Spends points at once, first-expiring first; null when the caller reaches no such member.';

-- --- taking back ---

-- What the lot still has goes first. What was spent of it, reserved or already used to pay a debt is taken from the member's other
-- lots, first-expiring first; what even they cannot pay is owed, and the next points pay it. No lot and no balance goes below zero.
create or replace function membership.points_reverse(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_transaction uuid, p_body jsonb)
    returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
    v_now timestamptz := clock_timestamp();
    v_kind text;
    v_lot membership.lot;
    v_spent bigint;
    v_others bigint;
    v_new uuid;
begin
    if v_member.member_id is null then
        return null;
    end if;
    select t.kind into v_kind from membership.points_transaction t
     where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.member_id = p_member;
    if not found then
        return null;
    elsif v_kind <> 'EARN' then
        raise exception using errcode = 'PN409', message = 'membership/not_an_earn', detail = 'Only points that were earned can be taken back.';
    elsif exists (select from membership.points_transaction t where t.tenant_id = p_tenant and t.reverses_id = p_transaction) then
        raise exception using errcode = 'PN409', message = 'membership/reversed_already', detail = 'These points were taken back before.';
    end if;
    perform membership.points_settle(p_tenant, p_member, v_now);
    select * into v_lot from membership.lot l where l.tenant_id = p_tenant and l.transaction_id = p_transaction;
    v_spent := v_lot.reserved + v_lot.redeemed + v_lot.reversed;
    v_others := least(v_spent, membership.points_available(p_tenant, p_member) - v_lot.available);
    v_new := membership.points_note(p_tenant, p_context, p_member, 'REVERSE', v_lot.pending + v_lot.available + v_others, p_body ->> 'reason', v_now,
                                    v_spent - v_others, null, p_transaction);
    update membership.lot l set pending = 0, available = 0, reversed = l.reversed + l.pending + l.available
     where l.tenant_id = p_tenant and l.lot_id = v_lot.lot_id;
    insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
    select p_tenant, v_new, v_lot.lot_id, f.state, 'REVERSED', f.points
      from (values ('PENDING', v_lot.pending), ('AVAILABLE', v_lot.available)) f (state, points)
     where f.points > 0;
    if v_others > 0 then
        perform membership.points_take(p_tenant, p_member, v_new, v_others, 'REVERSED');
    end if;
    perform core.api_event(p_tenant, 'membership.points.reversed', 'member', p_member,
                           jsonb_build_object('transaction_id', v_new, 'reverses_id', p_transaction));
    return membership.transaction_document(p_tenant, v_new);
end $$;
comment on function membership.points_reverse(uuid, jsonb, jsonb, uuid, uuid, jsonb) is
    'Takes points back that were earned, also when they are spent; null when the caller reaches no such member or transaction.';

-- --- what time does ---

create or replace function membership.points_due(p_tenant uuid, p_most integer) returns integer
    language plpgsql volatile
    as $$
declare
    v_now timestamptz := clock_timestamp();
    v_member uuid;
    v_count integer := 0;
begin
    -- in the order of ids: two of these at once wait for one another and never in a circle
    for v_member in
        select d.member_id
          from (select l.member_id from membership.lot l where l.tenant_id = p_tenant and l.available > 0 and l.expires_at <= v_now
                union
                select l.member_id from membership.lot l where l.tenant_id = p_tenant and l.pending > 0 and l.available_at <= v_now) d
         order by d.member_id
         limit p_most
    loop
        perform from membership.member m where m.tenant_id = p_tenant and m.member_id = v_member for no key update;
        perform membership.points_settle(p_tenant, v_member, v_now);
        v_count := v_count + 1;
    end loop;
    return v_count;
end $$;
comment on function membership.points_due(uuid, integer) is 'Matures and expires points of at most so many members whose time has come; answers how many members.';

grant execute on function membership.order_standing(uuid, uuid, uuid), membership.member_locked(uuid, jsonb, uuid),
    membership.points_note(uuid, jsonb, uuid, text, bigint, text, timestamptz, bigint, uuid, uuid),
    membership.points_available(uuid, uuid), membership.points_take(uuid, uuid, uuid, bigint, text), membership.points_settle(uuid, uuid, timestamptz),
    membership.points_earned(uuid, jsonb, membership.member, bigint, text, uuid), membership.points_earn(uuid, jsonb, jsonb, uuid, jsonb),
    membership.points_demand(uuid, membership.member, bigint, timestamptz), membership.points_redeem(uuid, jsonb, jsonb, uuid, jsonb),
    membership.points_reverse(uuid, jsonb, jsonb, uuid, uuid, jsonb), membership.points_due(uuid, integer) to hansa_app;
