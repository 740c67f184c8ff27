-- Who sees and writes which rows of room alliances. The tables are common to the members, so a tenant's own standing decides; statements
-- ask for it too, these policies are the braces. The policy of a common table may ask a function that runs as its owner and tells of the
-- unit's own tenant alone: asked under the policies it would ask itself for ever (decision 0046). A policy sees a row before or after a
-- change and never both, so what a step takes from where to where, or from the facts of several members, functions_entry.sql does.

create or replace function alliances.standing(p_alliance uuid) returns text
    language sql stable security definer set search_path = ''
    as $$ select m.state from alliances.member m
           where m.alliance_id = p_alliance and m.member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid $$;
comment on function alliances.standing(uuid) is 'How the unit''s own tenant stands to an alliance: INVITED … EXPELLED, or null.';

create or replace function alliances.leads(p_alliance uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$ select exists (select from alliances.alliance a
                          where a.alliance_id = p_alliance and a.lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid) $$;
comment on function alliances.leads(uuid) is 'Does the unit''s own tenant lead the alliance?';

create or replace function alliances.is_inside(p_state text) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_state in ('ACCEPTED', 'ACTIVE', 'SUSPENDED'), false) $$;
comment on function alliances.is_inside(text) is 'Does a tenant of this standing belong to the alliance? Then it sees the other members.';

create or replace function alliances.has_accepted(p_alliance uuid, p_version integer) returns boolean
    language sql stable security definer set search_path = ''
    as $$ select exists (select from alliances.acceptance a
                          where a.alliance_id = p_alliance and a.version = p_version
                            and a.member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid) $$;
comment on function alliances.has_accepted(uuid, integer) is 'Has the unit''s own tenant accepted this version?';

create or replace function alliances.may_accept(p_alliance uuid, p_version integer, p_hash bytea) returns boolean
    language sql stable security definer set search_path = ''
    as $$ select coalesce(alliances.standing(p_alliance) in ('INVITED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED'), false)
             and exists (select from alliances.charter c where c.alliance_id = p_alliance and c.version = p_version and c.sha256 = p_hash
                            and c.state in ('PROPOSED', 'IN_FORCE')) $$;
comment on function alliances.may_accept(uuid, integer, bytea) is 'Is this version open to the unit''s own tenant, and this its hash?';

-- Alliances: seen by whom they concern, written by the lead.
drop policy if exists for_members on alliances.alliance;
create policy for_members on alliances.alliance for select to hansa_app
    using (lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid or alliances.standing(alliance_id) is not null);
drop policy if exists lead_makes on alliances.alliance;
create policy lead_makes on alliances.alliance for insert to hansa_app
    with check (lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid);
drop policy if exists lead_changes on alliances.alliance;
create policy lead_changes on alliances.alliance for update to hansa_app
    using (lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid)
    with check (lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

-- Members: the lead enters itself and invites others, suspends and expels them; each leaves by itself. Nobody is made ACCEPTED or ACTIVE by
-- a statement: that follows from what he has accepted.
drop policy if exists for_members on alliances.member;
create policy for_members on alliances.member for select to hansa_app
    using (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid
           or alliances.is_inside(alliances.standing(alliance_id)));
drop policy if exists lead_invites on alliances.member;
create policy lead_invites on alliances.member for insert to hansa_app
    with check (alliances.leads(alliance_id)
                and state = case when member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid then 'ACCEPTED' else 'INVITED' end);
drop policy if exists lead_moves on alliances.member;
create policy lead_moves on alliances.member for update to hansa_app
    using (alliances.leads(alliance_id) and member_tenant <> nullif(current_setting('hansa.tenant_id', true), '')::uuid)
    with check (alliances.leads(alliance_id) and member_tenant <> nullif(current_setting('hansa.tenant_id', true), '')::uuid
                and state in ('INVITED', 'SUSPENDED', 'EXPELLED'));
drop policy if exists member_leaves on alliances.member;
create policy member_leaves on alliances.member for update to hansa_app
    using (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid and not alliances.leads(alliance_id)
           and state in ('INVITED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED'))
    with check (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid and state = 'LEFT');

-- Acceptances: each tenant's own word, of a text that is open to it, under the hash of that text. Never changed.
drop policy if exists for_members on alliances.acceptance;
create policy for_members on alliances.acceptance for select to hansa_app
    using (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid
           or alliances.is_inside(alliances.standing(alliance_id)));
drop policy if exists own_word on alliances.acceptance;
create policy own_word on alliances.acceptance for insert to hansa_app
    with check (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid
                and alliances.may_accept(alliance_id, version, sha256));

-- Charters: whoever is invited reads what he may accept; whoever left, what he had accepted. The lead proposes and withdraws; into force
-- they come by being accepted.
drop policy if exists for_members on alliances.charter;
create policy for_members on alliances.charter for select to hansa_app
    using (alliances.is_inside(alliances.standing(alliance_id))
           or (alliances.standing(alliance_id) = 'INVITED' and state in ('PROPOSED', 'IN_FORCE'))
           or alliances.has_accepted(alliance_id, version));
drop policy if exists lead_proposes on alliances.charter;
create policy lead_proposes on alliances.charter for insert to hansa_app
    with check (alliances.leads(alliance_id) and state = 'PROPOSED' and in_force_at is null);
drop policy if exists lead_withdraws on alliances.charter;
create policy lead_withdraws on alliances.charter for update to hansa_app
    using (alliances.leads(alliance_id) and state = 'PROPOSED')
    with check (alliances.leads(alliance_id) and state = 'WITHDRAWN');

revoke all on alliances.alliance, alliances.member, alliances.charter, alliances.acceptance from hansa_app;
grant usage on schema alliances to hansa_app;
grant execute on function alliances.standing(uuid), alliances.leads(uuid), alliances.has_accepted(uuid, integer),
    alliances.may_accept(uuid, integer, bytea), alliances.is_inside(text) to hansa_app;
grant select, insert on alliances.alliance, alliances.member, alliances.charter, alliances.acceptance to hansa_app;
-- charter_version is not among them: it follows from what was accepted
grant update (name, purpose, valid_from, valid_to, state, state_reason, state_at, version) on alliances.alliance to hansa_app;
grant update (roles, state, state_reason, state_at, invited_at, joined_at) on alliances.member to hansa_app;
grant update (state, ended_at) on alliances.charter to hansa_app;
