-- What jobs do: points for delivered orders, tiers proposed from an analysis.

-- Asked again whenever an order was delivered or is so no longer, in any order and as often as anybody likes: what the order is now is
-- looked up under the lock of the member, so whoever comes last leaves what is right.
create or replace function membership.order_is_withdrawn(p_tenant uuid, p_order uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return (select o.unloaded_at is null and o.state in ('IN_EXECUTION', 'INVOICED', 'CLOSED', 'SHORT_CLOSED', 'CANCELLED')
              from orders.v_order o where o.tenant_id = p_tenant and o.order_id = p_order);
end $$;
comment on function membership.order_is_withdrawn(uuid, uuid) is 'Is an order of which a delivery was told not delivered after all?';

create or replace function membership.order_taken_back(p_tenant uuid, p_context jsonb, p_member uuid, p_order uuid, p_number text) returns boolean
    language plpgsql volatile
    as $$
declare
    v_transaction uuid := membership.order_standing(p_tenant, p_member, p_order);
begin
    if v_transaction is null then
        return false;
    end if;
    perform membership.points_reverse(p_tenant, p_context, null, p_member, v_transaction,
        jsonb_build_object('reason', left('The delivery of order ' || p_number || ' was withdrawn', 500)));
    return true;
end $$;
comment on function membership.order_taken_back(uuid, jsonb, uuid, uuid, text) is 'Takes back what an order earned a locked member; false when there is nothing of it.';

-- Each membership of the order's account gets its lot once, whatever comes twice.
create or replace function membership.order_earned(p_tenant uuid, p_context jsonb, p_order uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_order record;
    v_one record;
    v_member membership.member;
    v_shipments bigint;
    v_weight numeric;
    v_points bigint;
    v_count integer := 0;
begin
    select o.account_id, o.order_number, o.price_amount, o.price_currency into v_order
      from orders.v_order o
     where o.tenant_id = p_tenant and o.order_id = p_order;
    if not found then
        return 0;
    end if;
    select count(*), coalesce(sum(f.weight_kg), 0) into v_shipments, v_weight from orders.v_freight f where f.tenant_id = p_tenant and f.order_id = p_order;
    for v_one in
        select m.member_id, p.earn_basis, p.earn_currency, p.rate
          from membership.member m
          join membership.program p on p.tenant_id = p_tenant and p.program_id = m.program_id
         where m.tenant_id = p_tenant and m.account_id = v_order.account_id
         order by m.member_id
    loop
        v_member := membership.member_locked(p_tenant, null, v_one.member_id);
        if membership.order_is_withdrawn(p_tenant, p_order) then
            v_count := v_count + membership.order_taken_back(p_tenant, p_context, v_one.member_id, p_order, v_order.order_number)::integer;
            continue;
        end if;
        v_points := floor(v_one.rate * case v_one.earn_basis when 'WEIGHT' then v_weight when 'SHIPMENTS' then v_shipments
                              else case when v_order.price_currency = v_one.earn_currency then v_order.price_amount end end);
        continue when coalesce(v_points, 0) <= 0 or v_member.status not in ('ENROLLED', 'ACTIVE', 'GRACE');
        if membership.points_earned(p_tenant, p_context, v_member, v_points, left('Order ' || v_order.order_number || ' was delivered', 500), p_order) is not null then
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end $$;
comment on function membership.order_earned(uuid, jsonb, uuid) is 'Gives the memberships of a delivered order''s account their points, or takes them back when it is not delivered after all; answers for how many.';

-- What the nightly analysis must look at, so that tiers can be proposed from it.
create or replace function membership.api_windows(p_tenant uuid) returns table (basis text, currency text, months integer)
    language plpgsql stable
    as $$
begin
    return query
        select distinct case p.earn_basis when 'SPEND' then 'ORDERS' else 'SHIPMENTS' end, p.earn_currency, p.window_months::integer
          from membership.program p
         where p.tenant_id = p_tenant;
end $$;
comment on function membership.api_windows(uuid) is 'By what and over how many months the programs of a tenant count.';

-- A better tier, the same one, or a lower one: what the numbers say. Null for a member to be left alone.
create or replace function membership.tier_judged(p_program membership.program, p_member membership.member, p_value numeric, out to_tier text, out reason text)
    language plpgsql stable
    as $$
declare
    v_held constant integer := membership.tier_rank(p_program.tiers, p_member.tier);
    v_best integer;
begin
    to_tier := p_member.tier;
    select count(*) into v_best from jsonb_array_elements(p_program.tiers) t where (t.value ->> 'qualify')::numeric <= p_value;
    if v_best > v_held then
        to_tier := p_program.tiers -> (v_best - 1) ->> 'code';
        reason := 'QUALIFIED';
    elsif v_held > 0 and v_best < v_held and p_value >= (p_program.tiers -> (v_held - 1) ->> 'keep')::numeric then
        reason := 'RETAINED';
    elsif v_best < v_held and p_program.downgrade = 'ONE' then
        to_tier := case when v_held > 1 then p_program.tiers -> (v_held - 2) ->> 'code' end;
        reason := 'DOWNGRADED_ONE';
    elsif v_best < v_held then
        to_tier := case when v_best > 0 then p_program.tiers -> (v_best - 1) ->> 'code' end;
        reason := 'DOWNGRADED_TO_BALANCE';
    end if;
end $$;
comment on function membership.tier_judged(membership.program, membership.member, numeric) is 'Which tier the business of a member speaks for, and why; no reason for no change.';

-- VIPs by hand are left alone, and what staff rejected is not proposed again for 30 days. RETAINED changes nothing, so nobody is asked:
-- it is written down once. A newer proposal takes the place of one that waits.
create or replace function membership.tiers_proposed(p_tenant uuid, p_context jsonb, p_snapshot uuid) returns integer
    language plpgsql volatile
    as $$
declare
    v_snapshot record;
    v_one record;
    v_program membership.program;
    v_member membership.member;
    v_to record;
    v_facts jsonb;
    v_count integer := 0;
begin
    select s.basis, s.currency, s.months, s.from_day, s.to_day into v_snapshot
      from insight.v_snapshot s
     where s.tenant_id = p_tenant and s.snapshot_id = p_snapshot and s.proposes_tiers;
    if not found then
        return 0;
    end if;
    for v_one in
        select m.member_id, p.program_id, coalesce(case p.earn_basis when 'SHIPMENTS' then g.frequency else g.value end, 0) as value
          from membership.program p
          join membership.member m on m.tenant_id = p_tenant and m.program_id = p.program_id and m.status in ('ENROLLED', 'ACTIVE', 'GRACE')
          left join insight.v_grade g on g.tenant_id = p_tenant and g.snapshot_id = p_snapshot and g.account_id = m.account_id
         where p.tenant_id = p_tenant and p.window_months = v_snapshot.months
           and (p.earn_basis = 'SPEND') = (v_snapshot.basis = 'ORDERS') and p.earn_currency is not distinct from v_snapshot.currency
         order by m.member_id
    loop
        select * into v_program from membership.program p where p.tenant_id = p_tenant and p.program_id = v_one.program_id;
        v_member := membership.member_locked(p_tenant, null, v_one.member_id);
        select j.to_tier, j.reason into v_to from membership.tier_judged(v_program, v_member, v_one.value) j;
        continue when v_to.reason is null or v_member.tier_reason = 'MANUAL_VIP' or (v_to.reason = 'RETAINED' and v_member.tier_reason = 'RETAINED')
            or exists (select from membership.tier_change c
                        where c.tenant_id = p_tenant and c.member_id = v_one.member_id and c.to_tier is not distinct from v_to.to_tier
                          and (c.state = 'PROPOSED' or (c.state = 'REJECTED' and c.decided_at > now() - interval '30 days')));
        update membership.tier_change c set state = 'SUPERSEDED', decided_at = clock_timestamp()
         where c.tenant_id = p_tenant and c.member_id = v_one.member_id and c.state = 'PROPOSED';
        v_facts := jsonb_build_object(
            'value', membership.decimal_text(v_one.value), 'unit', case v_program.earn_basis when 'SPEND' then v_program.earn_currency when 'WEIGHT' then 'KG' else 'SHIPMENTS' end,
            'from', v_snapshot.from_day, 'to', v_snapshot.to_day,
            'qualify', (select t.value ->> 'qualify' from jsonb_array_elements(v_program.tiers) t where t.value ->> 'code' = v_to.to_tier),
            'keep', (select t.value ->> 'keep' from jsonb_array_elements(v_program.tiers) t where t.value ->> 'code' = v_member.tier));
        insert into membership.tier_change (tenant_id, tier_change_id, member_id, from_tier, to_tier, reason, state, facts, snapshot_id, decided_at)
        values (p_tenant, core.uuidv7(), v_one.member_id, v_member.tier, v_to.to_tier, v_to.reason,
                case v_to.reason when 'RETAINED' then 'CONFIRMED' else 'PROPOSED' end, v_facts, p_snapshot,
                case v_to.reason when 'RETAINED' then clock_timestamp() end);
        if v_to.reason = 'RETAINED' then
            perform membership.tier_given(p_tenant, v_member, v_member.tier, 'RETAINED');
        end if;
        v_count := v_count + 1;
    end loop;
    perform audit.api_note(p_tenant, coalesce(p_context, '{}'), 'snapshot', p_snapshot, jsonb_build_object('tier_changes', v_count));
    return v_count;
end $$;
comment on function membership.tiers_proposed(uuid, jsonb, uuid) is 'Proposes tiers from a snapshot; answers how many changes it wrote.';

grant execute on function membership.order_is_withdrawn(uuid, uuid), membership.order_taken_back(uuid, jsonb, uuid, uuid, text),
    membership.order_earned(uuid, jsonb, uuid), membership.api_windows(uuid),
    membership.tier_judged(membership.program, membership.member, numeric), membership.tiers_proposed(uuid, jsonb, uuid) to hansa_app;
