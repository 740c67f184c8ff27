-- What follows from what the members have accepted: who belongs, and which charter is in force. These functions run as their owner, since the
-- walls let nobody write that by a statement (walls.sql); each looks at the unit's own tenant, and does what the facts say or nothing. All
-- hold the alliance's row, so that two never happen at once.

create or replace function alliances.alliance_lock(p_alliance uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    perform from alliances.alliance a where a.alliance_id = p_alliance and alliances.standing(a.alliance_id) is not null for update;
end $$;
comment on function alliances.alliance_lock(uuid) is 'Holds an alliance that concerns the unit''s tenant until the transaction ends; tells nothing.';

-- The document of an alliance tells each member how it stands itself, so its version goes on with a member's step.
create or replace function alliances.alliance_touch(p_alliance uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
begin
    update alliances.alliance a set version = a.version + 1
     where a.alliance_id = p_alliance and alliances.standing(p_alliance) in ('INVITED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED');
end $$;
comment on function alliances.alliance_touch(uuid) is 'A new version of an alliance to which the unit''s tenant belongs or is invited.';

-- In an alliance that has begun, a proposal is in force as soon as every active member has accepted it.
drop function if exists alliances.charter_settle(uuid, uuid);
create or replace function alliances.charter_settle(p_alliance uuid) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_version integer;
begin
    perform alliances.alliance_lock(p_alliance);
    select c.version into v_version
      from alliances.charter c join alliances.alliance a on a.alliance_id = c.alliance_id
     where c.alliance_id = p_alliance and c.state = 'PROPOSED' and a.state in ('ACTIVE', 'SUSPENDED')
       and alliances.standing(p_alliance) is not null
       and exists (select from alliances.member l where l.alliance_id = a.alliance_id and l.member_tenant = a.lead_tenant)
       and not exists (select from alliances.member m
                        where m.alliance_id = p_alliance and m.state = 'ACTIVE'
                          and not exists (select from alliances.acceptance x where x.alliance_id = p_alliance and x.version = c.version
                                             and x.member_tenant = m.member_tenant));
    if v_version is not null then
        update alliances.charter c set state = 'SUPERSEDED', ended_at = clock_timestamp()
         where c.alliance_id = p_alliance and c.state = 'IN_FORCE';
        update alliances.charter c set state = 'IN_FORCE', in_force_at = clock_timestamp()
         where c.alliance_id = p_alliance and c.version = v_version;
        update alliances.alliance a set charter_version = v_version, version = a.version + 1 where a.alliance_id = p_alliance;
    end if;
    return v_version;
end $$;
comment on function alliances.charter_settle(uuid) is 'Puts the proposal into force when all active members have accepted it; answers its version, or null.';

-- The beginning: the lead and one member at least have accepted the newest version.
create or replace function alliances.charter_open(p_alliance uuid) returns integer
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_version integer;
    v_members uuid[];
begin
    perform alliances.alliance_lock(p_alliance);
    select c.version into v_version
      from alliances.charter c join alliances.alliance a on a.alliance_id = c.alliance_id
     where c.alliance_id = p_alliance and c.state = 'PROPOSED' and a.state = 'INVITING' and alliances.leads(p_alliance);
    v_members := array(select m.member_tenant from alliances.member m
                         join alliances.acceptance x on x.alliance_id = p_alliance and x.version = v_version and x.member_tenant = m.member_tenant
                        where m.alliance_id = p_alliance and m.state = 'ACCEPTED');
    if cardinality(v_members) < 2 then
        return null;
    end if;
    update alliances.member m set state = 'ACTIVE', state_at = clock_timestamp(), joined_at = clock_timestamp()
     where m.alliance_id = p_alliance and m.member_tenant = any (v_members);
    update alliances.charter c set state = 'IN_FORCE', in_force_at = clock_timestamp() where c.alliance_id = p_alliance and c.version = v_version;
    update alliances.alliance a set charter_version = v_version where a.alliance_id = p_alliance;
    return v_version;
end $$;
comment on function alliances.charter_open(uuid) is
    'For the lead of an alliance that invites: puts its charter into force and makes those active who have accepted it; null when they are too few.';

-- Where a member's own word takes it, and where the lead may take back a suspension. p_member is the unit's own tenant, or the lead is.
create or replace function alliances.member_enter(p_alliance uuid, p_member uuid, p_reason text) returns text
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_is_own boolean := p_member is not distinct from nullif(current_setting('hansa.tenant_id', true), '')::uuid;
    v_becomes text;
begin
    perform alliances.alliance_lock(p_alliance);
    select case when v_is_own and m.state in ('INVITED', 'ACCEPTED') and f.in_force then 'ACTIVE'
                when v_is_own and m.state = 'INVITED' and a.state in ('PROPOSED', 'INVITING') and f.proposed then 'ACCEPTED'
                when not v_is_own and alliances.leads(p_alliance) and m.state = 'SUSPENDED' and f.in_force then 'ACTIVE' end into v_becomes
      from alliances.member m
      join alliances.alliance a on a.alliance_id = m.alliance_id
     cross join lateral (select coalesce(bool_or(c.state = 'IN_FORCE'), false) as in_force, coalesce(bool_or(c.state = 'PROPOSED'), false) as proposed
                           from alliances.acceptance x join alliances.charter c on c.alliance_id = x.alliance_id and c.version = x.version
                          where x.alliance_id = m.alliance_id and x.member_tenant = p_member) f
     where m.alliance_id = p_alliance and m.member_tenant = p_member and a.state not in ('WINDING_UP', 'DISSOLVED');
    if v_becomes is not null then
        update alliances.member m
           set state = v_becomes, state_at = clock_timestamp(), state_reason = p_reason,
               joined_at = case when v_becomes = 'ACTIVE' and v_is_own then clock_timestamp() else m.joined_at end
         where m.alliance_id = p_alliance and m.member_tenant = p_member;
    end if;
    return v_becomes;
end $$;
comment on function alliances.member_enter(uuid, uuid, text) is
    'Makes a member what it has accepted entitles it to, or active again; answers ACCEPTED or ACTIVE, null when nothing follows.';

grant execute on function alliances.alliance_lock(uuid), alliances.alliance_touch(uuid), alliances.charter_settle(uuid), alliances.charter_open(uuid),
    alliances.member_enter(uuid, uuid, text) to hansa_app;
