-- Rewards that members take: points and stock are set aside together, then handed over or given back together.
-- Locks in this order: member, redemption, reward.

create or replace function membership.redemption_document(p_redemption membership.redemption) returns json
    language sql stable
    as $$ select json_build_object('redemption_id', p_redemption.redemption_id, 'member_id', p_redemption.member_id, 'reward_id', p_redemption.reward_id,
                                   'quantity', p_redemption.quantity, 'points', p_redemption.points, 'status', p_redemption.status,
                                   'note', p_redemption.end_note, 'created_at', core.rfc3339(p_redemption.created_at),
                                   'ended_at', core.rfc3339(p_redemption.ended_at)) $$;
comment on function membership.redemption_document(membership.redemption) is 'A redemption as replies show it.';

create or replace function membership.redemption_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, (p_body ->> 'member_id')::uuid);
    v_now timestamptz := clock_timestamp();
    v_reward membership.reward;
    v_quantity integer := coalesce((p_body ->> 'quantity')::integer, 1);
    v_redemption membership.redemption;
    v_transaction uuid;
begin
    if v_member.member_id is null then
        raise exception using errcode = 'PN422', message = 'membership/member_unknown', column = '/member_id',
            detail = 'There is no membership with this id.';
    end if;
    select * into v_reward from membership.reward r where r.tenant_id = p_tenant and r.reward_id = (p_body ->> 'reward_id')::uuid;
    if not found or v_reward.program_id <> v_member.program_id then
        raise exception using errcode = 'PN422', message = 'membership/reward_unknown', column = '/reward_id',
            detail = 'The program has no reward with this id.';
    elsif v_now < v_reward.valid_from or v_now >= v_reward.valid_to then
        raise exception using errcode = 'PN409', message = 'membership/reward_not_valid', detail = 'The reward is not on offer today.';
    elsif cardinality(v_reward.tiers) > 0 and not coalesce(v_member.tier = any (v_reward.tiers), false) then
        raise exception using errcode = 'PN409', message = 'membership/reward_of_other_tier', detail = 'The reward is for members of other tiers.';
    end if;
    perform membership.points_demand(p_tenant, v_member, v_reward.points * v_quantity, v_now);
    update membership.reward r set stock = r.stock - v_quantity, version = r.version + 1
     where r.tenant_id = p_tenant and r.reward_id = v_reward.reward_id and r.stock >= v_quantity;
    if not found and exists (select from membership.reward r where r.tenant_id = p_tenant and r.reward_id = v_reward.reward_id and r.stock is not null) then
        raise exception using errcode = 'PN409', message = 'membership/out_of_stock', detail = 'There are not so many left.';
    end if;
    insert into membership.redemption (tenant_id, redemption_id, member_id, reward_id, quantity, points, created_at, created_by)
    values (p_tenant, core.uuidv7(), v_member.member_id, v_reward.reward_id, v_quantity, v_reward.points * v_quantity, v_now, p_actor)
    returning * into v_redemption;
    v_transaction := membership.points_note(p_tenant, p_context, v_member.member_id, 'RESERVE', v_redemption.points,
                                            left('Set aside for: ' || v_reward.name, 500), v_now, 0, v_redemption.redemption_id);
    perform membership.points_take(p_tenant, v_member.member_id, v_transaction, v_redemption.points, 'RESERVED');
    perform core.api_event(p_tenant, 'membership.redemption.reserved', 'redemption', v_redemption.redemption_id,
                           jsonb_build_object('member_id', v_member.member_id, 'reward_id', v_reward.reward_id, 'points', v_redemption.points));
    return membership.redemption_document(v_redemption);
end $$;
comment on function membership.redemption_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Sets points and stock aside for a reward.';

-- Row with a null body: it has ended before. No row: the caller reaches none.
create or replace function membership.redemption_end(p_tenant uuid, p_context jsonb, p_reach jsonb, p_redemption uuid, p_status text, p_note text)
    returns table (body json)
    language plpgsql volatile
    as $$
declare
    v_redemption membership.redemption;
    v_member membership.member;
    v_now timestamptz;
    v_reward text;
    v_transaction uuid;
begin
    select * into v_redemption from membership.redemption r where r.tenant_id = p_tenant and r.redemption_id = p_redemption;
    if not found then
        return;
    end if;
    v_member := membership.member_locked(p_tenant, p_reach, v_redemption.member_id);
    if v_member.member_id is null then
        return;
    end if;
    v_now := clock_timestamp();
    update membership.redemption r set status = p_status, ended_at = v_now, ended_by = (p_context ->> 'actor_id')::uuid, end_note = p_note
     where r.tenant_id = p_tenant and r.redemption_id = p_redemption and r.status = 'RESERVED'
    returning * into v_redemption;
    if not found then
        body := null;
        return next;
        return;
    end if;
    update membership.reward r
       set stock = case when p_status = 'CANCELLED' then r.stock + v_redemption.quantity else r.stock end,
           version = case when p_status = 'CANCELLED' then r.version + 1 else r.version end
     where r.tenant_id = p_tenant and r.reward_id = v_redemption.reward_id
    returning r.name into v_reward;
    v_transaction := membership.points_note(p_tenant, p_context, v_member.member_id, case when p_status = 'CANCELLED' then 'RELEASE' else 'REDEEM' end,
        v_redemption.points, left(case when p_status = 'CANCELLED' then 'Given back: ' else 'Handed over: ' end || v_reward, 500), v_now, 0, p_redemption);
    with reserved as (
        select p.lot_id, p.points
          from membership.points_transaction t
          join membership.posting p on p.tenant_id = p_tenant and p.transaction_id = t.transaction_id
         where t.tenant_id = p_tenant and t.redemption_id = p_redemption and t.kind = 'RESERVE'),
    moved as (
        update membership.lot l
           set reserved = l.reserved - o.points,
               available = l.available + case when p_status = 'CANCELLED' then o.points else 0 end,
               redeemed = l.redeemed + case when p_status = 'CANCELLED' then 0 else o.points end
          from reserved o
         where l.tenant_id = p_tenant and l.lot_id = o.lot_id
        returning l.lot_id, o.points)
    insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
    select p_tenant, v_transaction, m.lot_id, 'RESERVED', case when p_status = 'CANCELLED' then 'AVAILABLE' else 'REDEEMED' end, m.points from moved m;
    -- points whose time ran out while they were set aside are over now, and a debt is paid
    perform membership.points_settle(p_tenant, v_member.member_id, v_now);
    perform core.api_event(p_tenant, 'membership.redemption.' || lower(p_status), 'redemption', p_redemption,
                           jsonb_build_object('member_id', v_member.member_id, 'reward_id', v_redemption.reward_id, 'points', v_redemption.points));
    body := membership.redemption_document(v_redemption);
    return next;
end $$;
comment on function membership.redemption_end(uuid, jsonb, jsonb, uuid, text, text) is 'Hands a reserved reward over (FULFILLED) or gives its points and stock back (CANCELLED).';

grant execute on function membership.redemption_document(membership.redemption),
    membership.redemption_create(uuid, uuid, jsonb, jsonb, jsonb), membership.redemption_end(uuid, jsonb, jsonb, uuid, text, text) to hansa_app;
