-- Who sees which rows of room alliances. The tables are common to the members, so a tenant's own standing decides; statements
-- ask for it too, these policies are the braces.

-- Runs as its owner, to whom the members lie open: asked under the policy it would ask itself for ever. It tells of the unit's own
-- tenant only.
create or replace function alliances.standing(p_alliance uuid) returns text
    language sql stable security definer set search_path = ''
    as $$ select m.state from alliances.member m
           where m.alliance_id = p_alliance and m.member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid $$;
comment on function alliances.standing(uuid) is 'How the unit''s own tenant stands to an alliance: INVITED … EXPELLED, or null.';

create or replace function alliances.is_inside(p_state text) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(p_state in ('ACCEPTED', 'ACTIVE', 'SUSPENDED'), false) $$;
comment on function alliances.is_inside(text) is 'Does a tenant of this standing belong to the alliance? Then it sees the other members.';

drop policy if exists for_members on alliances.alliance;
create policy for_members on alliances.alliance to hansa_app
    using (lead_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid or alliances.standing(alliance_id) is not null);

drop policy if exists for_members on alliances.member;
create policy for_members on alliances.member to hansa_app
    using (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid
           or alliances.is_inside(alliances.standing(alliance_id)));

drop policy if exists for_members on alliances.acceptance;
create policy for_members on alliances.acceptance to hansa_app
    using (member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid
           or alliances.is_inside(alliances.standing(alliance_id)));

-- Whoever is invited reads what he may accept; whoever left, what he had accepted.
drop policy if exists for_members on alliances.charter;
create policy for_members on alliances.charter to hansa_app
    using (alliances.is_inside(alliances.standing(alliance_id))
           or (alliances.standing(alliance_id) = 'INVITED' and state in ('PROPOSED', 'IN_FORCE'))
           or exists (select from alliances.acceptance a where a.alliance_id = charter.alliance_id and a.version = charter.version
                         and a.member_tenant = nullif(current_setting('hansa.tenant_id', true), '')::uuid));

revoke all on alliances.alliance, alliances.member, alliances.charter, alliances.acceptance from hansa_app;
grant usage on schema alliances to hansa_app;
grant execute on function alliances.standing(uuid), alliances.is_inside(text) to hansa_app;
grant select, insert on alliances.alliance, alliances.member, alliances.charter, alliances.acceptance to hansa_app;
grant update (name, purpose, valid_from, valid_to, state, state_reason, state_at, charter_version, version) on alliances.alliance to hansa_app;
grant update (roles, state, state_reason, state_at, invited_at, joined_at) on alliances.member to hansa_app;
grant update (state, in_force_at, ended_at) on alliances.charter to hansa_app;
