-- Members: accounts in programs, their states, their people.

create or replace function membership.member_document(p_member membership.member) returns json
    language sql stable
    as $$ select json_build_object(
              'member_id', p_member.member_id, 'program_id', p_member.program_id, 'account_id', p_member.account_id, 'status', p_member.status,
              'tier', p_member.tier, 'tier_reason', p_member.tier_reason, 'tier_since', core.rfc3339(p_member.tier_since),
              'benefits', (select t.value -> 'benefits' from membership.program p, jsonb_array_elements(p.tiers) t
                            where p.tenant_id = p_member.tenant_id and p.program_id = p_member.program_id and t.value ->> 'code' = p_member.tier),
              'contact_ids', (select coalesce(json_agg(c.contact_id order by c.contact_id), '[]'::json) from membership.member_contact c
                               where c.tenant_id = p_member.tenant_id and c.member_id = p_member.member_id and c.removed_at is null),
              'created_at', core.rfc3339(p_member.created_at)) $$;
comment on function membership.member_document(membership.member) is 'A membership as replies show it.';

create or replace function membership.contacts_set(p_tenant uuid, p_member membership.member, p_contacts jsonb) returns boolean
    language plpgsql volatile
    as $$
declare
    v_place integer;
    v_removed integer;
    v_added integer;
begin
    select c.ordinality - 1 into v_place
      from jsonb_array_elements_text(p_contacts) with ordinality c
     where not crm.api_contact_is_of(p_tenant, c.value::uuid, p_member.account_id)
     order by c.ordinality
     limit 1;
    if found then
        raise exception using errcode = 'PN422', message = 'membership/contact_unknown', column = format('/contact_ids/%s', v_place),
            detail = 'The account has no contact with this id.';
    end if;
    update membership.member_contact c set removed_at = clock_timestamp()
     where c.tenant_id = p_tenant and c.member_id = p_member.member_id and c.removed_at is null and not p_contacts ? c.contact_id::text;
    get diagnostics v_removed = row_count;
    insert into membership.member_contact as c (tenant_id, member_id, contact_id)
    select distinct p_tenant, p_member.member_id, n.value::uuid from jsonb_array_elements_text(p_contacts) n
    on conflict (tenant_id, member_id, contact_id) do update set removed_at = null where c.removed_at is not null;
    get diagnostics v_added = row_count;
    return v_removed + v_added > 0;
end $$;
comment on function membership.contacts_set(uuid, membership.member, jsonb) is 'Makes these contacts of the account those of a membership; answers whether that changed anything.';

create or replace function membership.member_stepped(p_tenant uuid, p_context jsonb, p_member membership.member, p_status text, p_reason text) returns void
    language plpgsql volatile
    as $$
begin
    update membership.member m set status = p_status, version = m.version + 1 where m.tenant_id = p_tenant and m.member_id = p_member.member_id;
    insert into membership.member_step (tenant_id, step_id, member_id, old_status, new_status, reason, by_actor)
    values (p_tenant, core.uuidv7(), p_member.member_id, p_member.status, p_status, p_reason, (p_context ->> 'actor_id')::uuid);
    perform core.api_event(p_tenant, 'membership.member.moved', 'member', p_member.member_id,
                           jsonb_build_object('old', p_member.status, 'new', p_status, 'account_id', p_member.account_id));
end $$;
comment on function membership.member_stepped(uuid, jsonb, membership.member, text, text) is 'Brings a locked member into a state, with its reason.';

create or replace function membership.member_create(p_tenant uuid, p_actor uuid, p_context jsonb, p_reach jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member;
begin
    if not exists (select from membership.program p where p.tenant_id = p_tenant and p.program_id = (p_body ->> 'program_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'membership/program_unknown', column = '/program_id',
            detail = 'There is no program with this id.';
    elsif not crm.api_account_is_known(p_tenant, (p_body ->> 'account_id')::uuid)
       or not crm.api_account_is_reached(p_tenant, p_reach, (p_body ->> 'account_id')::uuid) then
        raise exception using errcode = 'PN422', message = 'crm/account_not_found', column = '/account_id',
            detail = 'There is no account with this id.';
    end if;
    insert into membership.member (tenant_id, member_id, program_id, account_id, status, created_by)
    values (p_tenant, core.uuidv7(), (p_body ->> 'program_id')::uuid, (p_body ->> 'account_id')::uuid, coalesce(p_body ->> 'status', 'PROSPECT'), p_actor)
    returning * into v_member;
    insert into membership.member_step (tenant_id, step_id, member_id, new_status, reason, by_actor)
    values (p_tenant, core.uuidv7(), v_member.member_id, v_member.status, 'The membership was made', p_actor);
    perform membership.contacts_set(p_tenant, v_member, coalesce(p_body -> 'contact_ids', '[]'));
    perform audit.api_note(p_tenant, p_context, 'member', v_member.member_id, p_body);
    perform core.api_event(p_tenant, 'membership.member.made', 'member', v_member.member_id,
                           jsonb_build_object('account_id', v_member.account_id, 'program_id', v_member.program_id, 'status', v_member.status));
    return membership.member_document(v_member);
end $$;
comment on function membership.member_create(uuid, uuid, jsonb, jsonb, jsonb) is 'Makes an account a member of a program, or a prospect for it.';

create or replace function membership.member_patch(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_if_match text, p_body jsonb,
                                                   out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
begin
    if v_member.member_id is null then
        return;
    elsif not core.is_match(p_if_match, v_member.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    end if;
    if p_body ? 'contact_ids' and membership.contacts_set(p_tenant, v_member, p_body -> 'contact_ids') then
        update membership.member m set version = m.version + 1 where m.tenant_id = p_tenant and m.member_id = p_member
        returning * into v_member;
        perform audit.api_note(p_tenant, p_context, 'member', p_member, p_body);
    end if;
    body := membership.member_document(v_member);
    version := v_member.version;
end $$;
comment on function membership.member_patch(uuid, jsonb, jsonb, uuid, text, jsonb) is 'Says which contacts speak for a membership; null when the caller reaches none.';

create or replace function membership.member_move(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
    v_status text := p_body ->> 'status';
    v_may text[] := case v_member.status when 'PROSPECT' then array['ENROLLED', 'LAPSED'] when 'ENROLLED' then array['ACTIVE', 'LAPSED']
                                         when 'ACTIVE' then array['GRACE', 'LAPSED'] when 'GRACE' then array['ACTIVE', 'LAPSED']
                                         else array['ENROLLED'] end;
begin
    if v_member.member_id is null then
        return null;
    elsif not v_status = any (v_may) then
        raise exception using errcode = 'PN409', message = 'membership/status_forbidden', column = '/status',
            detail = format('From %s a membership does not become %s.', v_member.status, v_status), hint = core.steps(v_may);
    end if;
    perform membership.member_stepped(p_tenant, p_context, v_member, v_status, p_body ->> 'reason');
    perform audit.api_note(p_tenant, p_context, 'member', p_member, jsonb_build_object('status', jsonb_build_object('old', v_member.status, 'new', v_status)));
    select * into v_member from membership.member m where m.tenant_id = p_tenant and m.member_id = p_member;
    return membership.member_document(v_member);
end $$;
comment on function membership.member_move(uuid, jsonb, jsonb, uuid, jsonb) is 'Moves a membership to another state; null when the caller reaches none.';

-- --- tiers ---

create or replace function membership.tier_change_document(p_change membership.tier_change) returns json
    language sql stable
    as $$ select json_build_object('tier_change_id', p_change.tier_change_id, 'member_id', p_change.member_id, 'from_tier', p_change.from_tier,
                                   'to_tier', p_change.to_tier, 'reason', p_change.reason, 'state', p_change.state, 'note', p_change.note,
                                   'facts', p_change.facts, 'snapshot_id', p_change.snapshot_id, 'proposed_at', core.rfc3339(p_change.proposed_at),
                                   'decided_at', core.rfc3339(p_change.decided_at), 'decision_note', p_change.decision_note) $$;
comment on function membership.tier_change_document(membership.tier_change) is 'A tier change as replies show it.';

-- Place of a tier in its program: 1 is the lowest; 0 for none and for one that is not there.
create or replace function membership.tier_rank(p_tiers jsonb, p_code text) returns integer
    language sql immutable parallel safe
    as $$ select coalesce((select t.ordinality::integer from jsonb_array_elements(p_tiers) with ordinality t where t.value ->> 'code' = p_code), 0) $$;
comment on function membership.tier_rank(jsonb, text) is 'Place of a tier among those of its program, 1 the lowest, 0 for none.';

create or replace function membership.tier_propose(p_tenant uuid, p_context jsonb, p_reach jsonb, p_member uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_member membership.member := membership.member_locked(p_tenant, p_reach, p_member);
    v_change membership.tier_change;
    v_to text := p_body ->> 'to_tier';
begin
    if v_member.member_id is null then
        return null;
    elsif v_to is not null and membership.tier_rank((select p.tiers from membership.program p where p.tenant_id = p_tenant
                                                        and p.program_id = v_member.program_id), v_to) = 0 then
        raise exception using errcode = 'PN422', message = 'membership/tier_unknown', column = '/to_tier',
            detail = 'The program has no tier with this code.';
    elsif v_to is not distinct from v_member.tier then
        raise exception using errcode = 'PN409', message = 'membership/tier_held', column = '/to_tier', detail = 'The member has this tier.';
    end if;
    insert into membership.tier_change (tenant_id, tier_change_id, member_id, from_tier, to_tier, reason, note, proposed_by)
    values (p_tenant, core.uuidv7(), p_member, v_member.tier, v_to, 'MANUAL_VIP', p_body ->> 'note', (p_context ->> 'actor_id')::uuid)
    returning * into v_change;
    perform audit.api_note(p_tenant, p_context, 'tier_change', v_change.tier_change_id,
                           jsonb_build_object('member_id', p_member, 'from_tier', v_member.tier, 'to_tier', v_to));
    return membership.tier_change_document(v_change);
end $$;
comment on function membership.tier_propose(uuid, jsonb, jsonb, uuid, jsonb) is 'Proposes a tier by hand; null when the caller reaches no such member.';

create or replace function membership.tier_change_is_told(p_reach jsonb, p_state text) returns boolean
    language sql immutable
    as $$ select p_state = 'CONFIRMED' or identity.api_audience(p_reach) is null $$;
comment on function membership.tier_change_is_told(jsonb, text) is 'A customer hears of a change of tier once it is decided, and of none that was only thought of.';

create or replace function membership.tier_decide(p_tenant uuid, p_context jsonb, p_reach jsonb, p_change uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_change membership.tier_change;
    v_member membership.member;
    v_is_yes boolean := p_body ->> 'decision' = 'CONFIRM';
begin
    select * into v_change from membership.tier_change c where c.tenant_id = p_tenant and c.tier_change_id = p_change;
    if not found then
        return null;
    end if;
    v_member := membership.member_locked(p_tenant, p_reach, v_change.member_id);
    if v_member.member_id is null then
        return null;
    end if;
    update membership.tier_change c
       set state = case when v_is_yes then 'CONFIRMED' else 'REJECTED' end, decided_at = clock_timestamp(),
           decided_by = (p_context ->> 'actor_id')::uuid, decision_note = p_body ->> 'note'
     where c.tenant_id = p_tenant and c.tier_change_id = p_change and c.state = 'PROPOSED'
    returning * into v_change;
    if not found then
        raise exception using errcode = 'PN409', message = 'membership/tier_change_decided', detail = 'This was decided before, or a newer proposal took its place.',
            hint = core.steps('{}');
    end if;
    if v_is_yes then
        if v_change.to_tier is not null and membership.tier_rank((select p.tiers from membership.program p where p.tenant_id = p_tenant
                                                                     and p.program_id = v_member.program_id), v_change.to_tier) = 0 then
            raise exception using errcode = 'PN409', message = 'membership/tier_gone', detail = 'The program has this tier no longer.';
        end if;
        perform membership.tier_given(p_tenant, v_member, v_change.to_tier, v_change.reason);
    end if;
    perform audit.api_note(p_tenant, p_context, 'tier_change', p_change, jsonb_build_object('state', v_change.state));
    return membership.tier_change_document(v_change);
end $$;
comment on function membership.tier_decide(uuid, jsonb, jsonb, uuid, jsonb) is 'Confirms or rejects a proposed tier; null when the caller reaches none.';

create or replace function membership.tier_given(p_tenant uuid, p_member membership.member, p_tier text, p_reason text) returns void
    language plpgsql volatile
    as $$
begin
    update membership.member m
       set tier = p_tier, tier_reason = p_reason, version = m.version + 1,
           tier_since = case when m.tier is distinct from p_tier then clock_timestamp() else m.tier_since end
     where m.tenant_id = p_tenant and m.member_id = p_member.member_id;
    perform core.api_event(p_tenant, 'membership.tier.changed', 'member', p_member.member_id,
                           jsonb_build_object('old', p_member.tier, 'new', p_tier, 'reason', p_reason, 'account_id', p_member.account_id));
end $$;
comment on function membership.tier_given(uuid, membership.member, text, text) is 'Gives a locked member a tier.';

grant execute on function membership.member_document(membership.member), membership.contacts_set(uuid, membership.member, jsonb),
    membership.member_stepped(uuid, jsonb, membership.member, text, text), membership.member_create(uuid, uuid, jsonb, jsonb, jsonb),
    membership.member_patch(uuid, jsonb, jsonb, uuid, text, jsonb), membership.member_move(uuid, jsonb, jsonb, uuid, jsonb),
    membership.tier_change_document(membership.tier_change), membership.tier_rank(jsonb, text), membership.tier_change_is_told(jsonb, text),
    membership.tier_propose(uuid, jsonb, jsonb, uuid, jsonb), membership.tier_decide(uuid, jsonb, jsonb, uuid, jsonb),
    membership.tier_given(uuid, membership.member, text, text) to hansa_app;
