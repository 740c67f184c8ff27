-- Alliances and their members: making, inviting, accepting, and the steps that their lives have. Every change holds the alliance's row,
-- so that two never happen at once.

create or replace function alliances.alliance_document(p_alliance alliances.alliance, p_tenant uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('alliance_id', p_alliance.alliance_id, 'name', p_alliance.name, 'purpose', p_alliance.purpose,
                     'mode', p_alliance.mode, 'state', p_alliance.state, 'state_reason', p_alliance.state_reason,
                     'state_at', core.rfc3339(p_alliance.state_at), 'valid_from', p_alliance.valid_from, 'valid_to', p_alliance.valid_to,
                     'charter_version', p_alliance.charter_version, 'is_lead', p_alliance.lead_tenant = p_tenant,
                     'lead', partners.api_organisation_short(partners.api_organisation_of(p_alliance.lead_tenant)),
                     'own', (select json_build_object('state', m.state, 'roles', m.roles, 'state_reason', m.state_reason,
                                                      'state_at', core.rfc3339(m.state_at), 'invited_at', core.rfc3339(m.invited_at))
                               from alliances.member m where m.alliance_id = p_alliance.alliance_id and m.member_tenant = p_tenant),
                     'created_at', core.rfc3339(p_alliance.created_at)));
end $$;
comment on function alliances.alliance_document(alliances.alliance, uuid) is 'An alliance as replies show it, with how the tenant itself stands to it.';

create or replace function alliances.member_document(p_member alliances.member) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object('organisation', partners.api_organisation_short(p_member.org_id), 'roles', p_member.roles,
                     'state', p_member.state, 'state_reason', p_member.state_reason, 'state_at', core.rfc3339(p_member.state_at),
                     'invited_at', core.rfc3339(p_member.invited_at), 'joined_at', core.rfc3339(p_member.joined_at),
                     'is_lead', exists (select from alliances.alliance a where a.alliance_id = p_member.alliance_id
                                           and a.lead_tenant = p_member.member_tenant)));
end $$;
comment on function alliances.member_document(alliances.member) is 'A member as replies show it.';

-- The alliance locked, or null to whom it is none of their business; p_need INSIDE asks for a member, LEAD for the lead.
create or replace function alliances.alliance_held(p_tenant uuid, p_alliance uuid, p_need text) returns alliances.alliance
    language plpgsql volatile
    as $$
declare
    v_alliance alliances.alliance;
    v_state text;
begin
    perform alliances.alliance_lock(p_alliance);
    select a.* into v_alliance
      from alliances.alliance a
     where a.alliance_id = p_alliance
       and exists (select from alliances.member m where m.alliance_id = a.alliance_id and m.member_tenant = p_tenant);
    if not found then
        return null;
    end if;
    select m.state into v_state from alliances.member m where m.alliance_id = p_alliance and m.member_tenant = p_tenant;
    if p_need = 'LEAD' and v_alliance.lead_tenant <> p_tenant then
        raise exception using errcode = 'PN403', message = 'alliances/lead_only', detail = 'Only the member that leads the alliance may do this.';
    elsif p_need = 'INSIDE' and not alliances.is_inside(v_state) then
        return null;
    end if;
    return v_alliance;
end $$;
comment on function alliances.alliance_held(uuid, uuid, text) is 'An alliance that concerns the tenant, locked; null for a stranger.';

create or replace function alliances.accept(p_tenant uuid, p_context jsonb, p_alliance uuid, p_version integer, p_hash bytea) returns void
    language plpgsql volatile
    as $$
begin
    insert into alliances.acceptance (alliance_id, version, member_tenant, sha256, actor_kind, actor_id)
    values (p_alliance, p_version, p_tenant, p_hash, p_context ->> 'actor_kind', (p_context ->> 'actor_id')::uuid);
    perform audit.api_note(p_tenant, p_context, 'charter',
                           (select c.charter_id from alliances.charter c where c.alliance_id = p_alliance and c.version = p_version),
                           jsonb_build_object('charter_version', p_version, 'accepted_sha256', encode(p_hash, 'hex')));
    perform core.api_event(p_tenant, 'alliances.charter.accepted', 'alliance', p_alliance,
                           jsonb_build_object('version', p_version, 'sha256', encode(p_hash, 'hex')));
end $$;
comment on function alliances.accept(uuid, jsonb, uuid, integer, bytea) is 'Writes down that a member accepted a charter: who, when, under which hash.';

-- Who proposes accepts: the text is his.
create or replace function alliances.charter_add(p_tenant uuid, p_context jsonb, p_alliance uuid, p_body jsonb) returns alliances.charter
    language plpgsql volatile
    as $$
declare
    v_version integer := 1 + coalesce((select max(c.version) from alliances.charter c where c.alliance_id = p_alliance), 0);
    v_text jsonb := alliances.charter_text(p_alliance, v_version, p_body);
    v_charter alliances.charter;
begin
    update alliances.charter c set state = 'WITHDRAWN', ended_at = clock_timestamp() where c.alliance_id = p_alliance and c.state = 'PROPOSED';
    insert into alliances.charter (alliance_id, version, charter_id, body, sha256)
    values (p_alliance, v_version, core.uuidv7(), v_text, alliances.charter_hash(v_text))
    returning * into v_charter;
    perform alliances.accept(p_tenant, p_context, p_alliance, v_version, v_charter.sha256);
    return v_charter;
end $$;
comment on function alliances.charter_add(uuid, jsonb, uuid, jsonb) is 'A new version, in place of one that still waited; accepted by who proposes it.';

create or replace function alliances.span_check(p_from date, p_to date) returns void
    language plpgsql immutable
    as $$
begin
    if p_from > p_to then
        raise exception using errcode = 'PN422', message = 'alliances/span_reversed', column = '/valid_to', detail = 'The last day is before the first.';
    end if;
end $$;

create or replace function alliances.alliance_create(p_tenant uuid, p_context jsonb, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_id uuid := core.uuidv7();
    v_alliance alliances.alliance;
begin
    perform sandbox.api_demand_firm(p_tenant);
    perform alliances.span_check((p_body ->> 'valid_from')::date, (p_body ->> 'valid_to')::date);
    insert into alliances.alliance (alliance_id, lead_tenant, name, purpose, mode, valid_from, valid_to)
    values (v_id, p_tenant, p_body ->> 'name', p_body ->> 'purpose', p_body ->> 'mode', (p_body ->> 'valid_from')::date, (p_body ->> 'valid_to')::date)
    returning * into v_alliance;
    insert into alliances.member (alliance_id, member_tenant, org_id, roles, state)
    values (v_id, p_tenant, partners.api_organisation_of(p_tenant),
            array(select distinct r.role from jsonb_array_elements_text(p_body -> 'own_roles') r (role) order by 1), 'ACCEPTED');
    perform audit.api_note(p_tenant, p_context, 'alliance', v_id, p_body - 'charter');
    perform core.api_event(p_tenant, 'alliances.alliance.proposed', 'alliance', v_id, '{"state": "PROPOSED"}');
    perform alliances.charter_add(p_tenant, p_context, v_id, p_body -> 'charter');
    return alliances.alliance_document(v_alliance, p_tenant);
end $$;
comment on function alliances.alliance_create(uuid, jsonb, jsonb) is 'Makes an alliance with the first version of its charter; the tenant leads it.';

create or replace function alliances.alliance_patch(p_tenant uuid, p_context jsonb, p_alliance uuid, p_if_match text, p_patch jsonb,
                                                    out body json, out version integer)
    language plpgsql volatile
    as $$
declare
    v_old alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'LEAD');
    v_new alliances.alliance;
    v_changes jsonb;
begin
    if v_old.alliance_id is null then
        return;
    elsif not core.is_match(p_if_match, v_old.version) then
        raise exception using errcode = 'PN412', message = 'core/precondition_failed';
    elsif v_old.state in ('WINDING_UP', 'DISSOLVED') then
        raise exception using errcode = 'PN409', message = 'alliances/alliance_closed', detail = 'The alliance is winding up or dissolved.';
    end if;
    v_new := v_old;
    v_new.name := core.patched(p_patch, 'name', v_old.name);
    v_new.purpose := core.patched(p_patch, 'purpose', v_old.purpose);
    v_new.valid_from := core.patched(p_patch, 'valid_from', v_old.valid_from::text)::date;
    v_new.valid_to := core.patched(p_patch, 'valid_to', v_old.valid_to::text)::date;
    perform alliances.span_check(v_new.valid_from, v_new.valid_to);
    select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value)) into v_changes
      from jsonb_each(to_jsonb(v_new)) n join jsonb_each(to_jsonb(v_old)) o on o.key = n.key
     where n.value is distinct from o.value;
    if v_changes is not null then
        update alliances.alliance a
           set name = v_new.name, purpose = v_new.purpose, valid_from = v_new.valid_from, valid_to = v_new.valid_to, version = a.version + 1
         where a.alliance_id = p_alliance
        returning * into v_new;
        perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, v_changes);
        perform core.api_event(p_tenant, 'alliances.alliance.changed', 'alliance', p_alliance, '{}');
    end if;
    body := alliances.alliance_document(v_new, p_tenant);
    version := v_new.version;
end $$;
comment on function alliances.alliance_patch(uuid, jsonb, uuid, text, jsonb) is 'The lead changes name, purpose or span by a merge patch.';

-- --- members ---

create or replace function alliances.member_invite(p_tenant uuid, p_context jsonb, p_alliance uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_most constant integer := 200;
    v_alliance alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'LEAD');
    v_org uuid := (p_body ->> 'org_id')::uuid;
    v_invited uuid := partners.api_organisation_tenant(v_org);
    v_roles text[] := array(select distinct r.role from jsonb_array_elements_text(p_body -> 'roles') r (role) order by 1);
    v_member alliances.member;
begin
    if v_alliance.alliance_id is null then
        return null;
    elsif v_alliance.state in ('WINDING_UP', 'DISSOLVED') then
        raise exception using errcode = 'PN409', message = 'alliances/alliance_closed', detail = 'The alliance is winding up or dissolved.';
    elsif v_invited is null then
        raise exception using errcode = 'PN422', message = 'alliances/nobody_to_invite', column = '/org_id',
            detail = 'There is no organisation with this id that uses this installation.';
    elsif v_invited = p_tenant then
        raise exception using errcode = 'PN409', message = 'alliances/member_already', column = '/org_id',
            detail = 'You lead the alliance.';
    elsif (select count(*) from alliances.member m where m.alliance_id = p_alliance) >= v_most then
        raise exception using errcode = 'PN409', message = 'alliances/too_many_members', detail = format('An alliance has at most %s members.', v_most);
    end if;
    insert into alliances.member as m (alliance_id, member_tenant, org_id, roles) values (p_alliance, v_invited, v_org, v_roles)
        on conflict (alliance_id, member_tenant) do update
       set state = 'INVITED', roles = excluded.roles, state_reason = null, state_at = clock_timestamp(), invited_at = clock_timestamp(), joined_at = null
     where m.state in ('LEFT', 'EXPELLED')
    returning * into v_member;
    if not found then
        raise exception using errcode = 'PN409', message = 'alliances/member_already', column = '/org_id',
            detail = 'The organisation is a member already, or is invited.';
    end if;
    update alliances.alliance a
       set state = case when a.state = 'PROPOSED' then 'INVITING' else a.state end, version = a.version + 1
     where a.alliance_id = p_alliance;
    perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, jsonb_build_object('invited', p_body));
    perform core.api_event(p_tenant, 'alliances.member.invited', 'alliance', p_alliance, jsonb_build_object('org_id', v_org));
    return alliances.member_document(v_member);
end $$;
comment on function alliances.member_invite(uuid, jsonb, uuid, jsonb) is 'The lead invites a tenant by its organisation; also one that left or was expelled.';

create or replace function alliances.charter_propose(p_tenant uuid, p_context jsonb, p_alliance uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_alliance alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'LEAD');
    v_charter alliances.charter;
begin
    if v_alliance.alliance_id is null then
        return null;
    elsif v_alliance.state in ('WINDING_UP', 'DISSOLVED') then
        raise exception using errcode = 'PN409', message = 'alliances/alliance_closed', detail = 'The alliance is winding up or dissolved.';
    end if;
    v_charter := alliances.charter_add(p_tenant, p_context, p_alliance, p_body);
    perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, jsonb_build_object('proposed_charter', v_charter.version));
    perform core.api_event(p_tenant, 'alliances.charter.proposed', 'alliance', p_alliance, jsonb_build_object('version', v_charter.version));
    perform alliances.charter_settle(p_alliance);
    return (select alliances.charter_document(c, p_tenant) from alliances.charter c
             where c.alliance_id = p_alliance and c.version = v_charter.version);
end $$;
comment on function alliances.charter_propose(uuid, jsonb, uuid, jsonb) is 'The lead proposes a new version; the one in force stays so until all active members have accepted it.';

create or replace function alliances.charter_accept(p_tenant uuid, p_context jsonb, p_alliance uuid, p_charter uuid, p_body jsonb) returns json
    language plpgsql volatile
    as $$
declare
    v_alliance alliances.alliance := alliances.alliance_held(p_tenant, p_alliance, 'ANY');
    v_charter alliances.charter;
    v_state text;
    v_becomes text;
begin
    select m.state into v_state from alliances.member m where m.alliance_id = p_alliance and m.member_tenant = p_tenant;
    select c.* into v_charter from alliances.charter c
     where c.alliance_id = p_alliance and c.charter_id = p_charter and alliances.charter_is_open_to(c, p_tenant);
    if v_alliance.alliance_id is null or v_charter.version is null then
        return null;
    elsif v_state in ('LEFT', 'EXPELLED') or v_alliance.state in ('WINDING_UP', 'DISSOLVED') then
        raise exception using errcode = 'PN409', message = 'alliances/alliance_closed', detail = 'You are no member, or the alliance is winding up or dissolved.';
    elsif v_charter.state not in ('PROPOSED', 'IN_FORCE') then
        raise exception using errcode = 'PN409', message = 'alliances/charter_not_open', detail = format('This version is %s.', v_charter.state),
            hint = core.steps('{}');
    elsif lower(p_body ->> 'sha256') <> encode(v_charter.sha256, 'hex') then
        raise exception using errcode = 'PN422', message = 'alliances/charter_differs', column = '/sha256',
            detail = 'This is not the hash of the version that you accept: read it again.';
    end if;
    if not exists (select from alliances.acceptance x where x.alliance_id = p_alliance and x.version = v_charter.version and x.member_tenant = p_tenant) then
        perform alliances.accept(p_tenant, p_context, p_alliance, v_charter.version, v_charter.sha256);
    end if;
    if v_charter.state = 'IN_FORCE' or v_alliance.state in ('PROPOSED', 'INVITING') then
        v_becomes := alliances.member_enter(p_alliance, p_tenant, null);
    end if;
    if v_becomes is not null then
        perform alliances.alliance_touch(p_alliance);
        perform audit.api_note(p_tenant, p_context, 'alliance', p_alliance, jsonb_build_object('own_state', jsonb_build_object('old', v_state, 'new', v_becomes)));
        perform core.api_event(p_tenant, 'alliances.member.' || lower(v_becomes), 'alliance', p_alliance,
                               jsonb_build_object('org_id', partners.api_organisation_of(p_tenant), 'from', v_state, 'to', v_becomes));
    end if;
    if v_state = 'ACTIVE' then
        perform alliances.charter_settle(p_alliance);
    end if;
    return (select alliances.charter_document(c, p_tenant) from alliances.charter c where c.alliance_id = p_alliance and c.version = v_charter.version);
end $$;
comment on function alliances.charter_accept(uuid, jsonb, uuid, uuid, jsonb) is
    'The tenant accepts a version by quoting its hash; twice is once. Null when it may not read the version.';

grant execute on function alliances.alliance_document(alliances.alliance, uuid), alliances.member_document(alliances.member),
    alliances.alliance_held(uuid, uuid, text), alliances.accept(uuid, jsonb, uuid, integer, bytea),
    alliances.charter_add(uuid, jsonb, uuid, jsonb), alliances.span_check(date, date), alliances.alliance_create(uuid, jsonb, jsonb),
    alliances.alliance_patch(uuid, jsonb, uuid, text, jsonb), alliances.member_invite(uuid, jsonb, uuid, jsonb),
    alliances.charter_propose(uuid, jsonb, uuid, jsonb), alliances.charter_accept(uuid, jsonb, uuid, uuid, jsonb) to hansa_app;
