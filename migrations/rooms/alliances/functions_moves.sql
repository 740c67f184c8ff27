-- The lives of alliances and members, as tables: who may lead what from where to where.

create or replace function alliances.alliance_may_become(p_from text, p_to text) returns boolean
    language sql immutable parallel safe
    as $$ select (p_from, p_to) in (('PROPOSED', 'DISSOLVED'), ('INVITING', 'ACTIVE'), ('INVITING', 'DISSOLVED'), ('ACTIVE', 'SUSPENDED'),
                                    ('ACTIVE', 'WINDING_UP'), ('SUSPENDED', 'ACTIVE'), ('SUSPENDED', 'WINDING_UP'), ('WINDING_UP', 'DISSOLVED')) $$;
comment on function alliances.alliance_may_become(text, text) is 'Steps that the lead takes; PROPOSED > INVITING comes with the first invitation.';

create or replace function alliances.member_may_become(p_from text, p_to text, p_is_self boolean) returns boolean
    language sql immutable parallel safe
    as $$ select case when p_is_self then p_to = 'LEFT' and p_from in ('INVITED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED')
                      else (p_from, p_to) in (('ACTIVE', 'SUSPENDED'), ('SUSPENDED', 'ACTIVE'), ('INVITED', 'EXPELLED'), ('ACCEPTED', 'EXPELLED'),
                                              ('ACTIVE', 'EXPELLED'), ('SUSPENDED', 'EXPELLED')) end $$;
comment on function alliances.member_may_become(text, text, boolean) is
    'A member may leave, the lead may suspend, resume and expel. INVITED > ACCEPTED > ACTIVE comes with accepting the charter.';

create or replace function alliances.alliance_move(p_tenant uuid, p_context jsonb, p_alliance uuid, p_body jsonb, out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'LEAD');
    v_to text := p_body ->> 'to';
    v_new alliances.alliance;
begin
    if v_old.alliance_id is null then
        return;
    elsif not alliances.alliance_may_become(v_old.state, v_to) then
        raise exception using errcode = 'PN409', message = 'alliances/transition_impossible', column = '/to',
            detail = format('An alliance that is %s cannot become %s.', v_old.state, v_to),
            hint = core.steps(array(select s from unnest('{ACTIVE,SUSPENDED,WINDING_UP,DISSOLVED}'::text[]) s where alliances.alliance_may_become(v_old.state, s)));
    elsif v_to <> 'ACTIVE' and p_body ->> 'reason' is null then
        raise exception using errcode = 'PN422', message = 'alliances/reason_missing', column = '/reason', detail = 'Say why.';
    end if;
    if v_old.state = 'INVITING' and v_to = 'ACTIVE' and alliances.charter_open(p_alliance) is null then
        raise exception using errcode = 'PN409', message = 'alliances/members_missing',
            detail = 'Besides you one member at least must have accepted the newest version of the charter.';
    end if;
    update alliances.alliance a
       set state = v_to, state_reason = p_body ->> 'reason', state_at = clock_timestamp(), version = a.version + 1
     where a.alliance_id = p_alliance
    returning * into v_new;
    perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, jsonb_build_object('state', jsonb_build_object('old', v_old.state, 'new', v_to),
                                                                                          'reason', p_body ->> 'reason'));
    perform core.api_event(p_tenant, 'alliances.alliance.' || lower(v_to), 'alliance', p_alliance, jsonb_build_object('from', v_old.state, 'to', v_to));
    body := alliances.alliance_document(v_new, p_tenant);
    version := v_new.version;
end $$;
comment on function alliances.alliance_move(uuid, jsonb, uuid, jsonb) is 'The lead leads the alliance to another state; null when it concerns the tenant not.';

-- Whoever goes no longer stands in the way of a charter that all others have accepted.
create or replace function alliances.member_move(p_tenant uuid, p_context jsonb, p_alliance uuid, p_org uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_alliance alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'ANY');
    v_old alliances.member;
    v_new alliances.member;
    v_to text := p_body ->> 'to';
begin
    select m.* into v_old from alliances.member m
     where m.alliance_id = p_alliance and m.org_id = p_org
       and (m.member_tenant = p_tenant or alliances.is_inside(alliances.standing(p_alliance)));
    if v_alliance.alliance_id is null or v_old.alliance_id is null then
        return null;
    elsif v_old.member_tenant <> p_tenant and v_alliance.lead_tenant <> p_tenant then
        raise exception using errcode = 'PN403', message = 'alliances/lead_only', detail = 'Only the member that leads the alliance may do this.';
    elsif v_old.member_tenant = v_alliance.lead_tenant then
        raise exception using errcode = 'PN409', message = 'alliances/lead_stays', detail = 'The member that leads stays as long as the alliance lasts: dissolve it.';
    elsif not alliances.member_may_become(v_old.state, v_to, v_old.member_tenant = p_tenant) then
        raise exception using errcode = 'PN409', message = 'alliances/transition_impossible', column = '/to',
            detail = format('You cannot make %s of a member that is %s.', v_to, v_old.state),
            hint = core.steps(array(select s from unnest('{ACTIVE,SUSPENDED,LEFT,EXPELLED}'::text[]) s
                                     where alliances.member_may_become(v_old.state, s, v_old.member_tenant = p_tenant)));
    elsif v_to in ('SUSPENDED', 'EXPELLED') and p_body ->> 'reason' is null then
        raise exception using errcode = 'PN422', message = 'alliances/reason_missing', column = '/reason', detail = 'Say why.';
    elsif v_to = 'ACTIVE' and not exists (select from alliances.acceptance x where x.alliance_id = p_alliance
                                             and x.version = v_alliance.charter_version and x.member_tenant = v_old.member_tenant) then
        raise exception using errcode = 'PN409', message = 'alliances/charter_not_accepted', detail = 'The member has not accepted the charter that is in force now.';
    end if;
    perform alliances.alliance_touch(p_alliance);
    if v_to = 'ACTIVE' then
        perform alliances.member_enter(p_alliance, v_old.member_tenant, p_body ->> 'reason');
    else
        update alliances.member m set state = v_to, state_reason = p_body ->> 'reason', state_at = clock_timestamp()
         where m.alliance_id = p_alliance and m.member_tenant = v_old.member_tenant;
    end if;
    select m.* into v_new from alliances.member m where m.alliance_id = p_alliance and m.member_tenant = v_old.member_tenant;
    if v_new.state <> v_to then -- the walls would not have it: nothing is half done
        raise exception using errcode = 'PN403', message = 'alliances/lead_only', detail = 'Only the member that leads the alliance may do this.';
    elsif v_old.state = 'ACTIVE' then
        perform alliances.charter_settle(p_alliance);
    end if;
    perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, jsonb_build_object('member', p_org,
        'state', jsonb_build_object('old', v_old.state, 'new', v_to), 'reason', p_body ->> 'reason'));
    perform core.api_event(p_tenant, 'alliances.member.' || lower(v_to), 'alliance', p_alliance,
                           jsonb_build_object('org_id', p_org, 'from', v_old.state, 'to', v_to));
    return alliances.member_document(v_new);
end $$;
comment on function alliances.member_move(uuid, jsonb, uuid, uuid, jsonb) is
    'A member leaves or declines; the lead suspends, resumes, expels or takes an invitation back. Null when the member is not there for the tenant.';

grant execute on function alliances.alliance_may_become(text, text), alliances.member_may_become(text, text, boolean),
    alliances.alliance_move(uuid, jsonb, uuid, jsonb), alliances.member_move(uuid, jsonb, uuid, uuid, jsonb) to hansa_app;
