-- What room alliances offers to other rooms: who belongs, and what may be delivered to whom.

create or replace function alliances.api_is_member(p_alliance uuid, p_tenant uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from alliances.member m join alliances.alliance a on a.alliance_id = m.alliance_id
                    where m.alliance_id = p_alliance and m.member_tenant = p_tenant and m.state = 'ACTIVE' and a.state = 'ACTIVE'
                      and coalesce(a.valid_from <= current_date, true) and coalesce(a.valid_to >= current_date, true));
end $$;
comment on function alliances.api_is_member(uuid, uuid) is
    'Is the tenant an active member of an alliance that is active today? New tenders need it on both sides. Asked by a stranger: false.';

-- Asked by a stranger the row security shows nothing, and nothing is told.
create or replace function alliances.api_standing_told(p_alliance uuid, p_tenant uuid) returns text
    language plpgsql stable
    as $$
begin
    return (select case when a.state <> 'ACTIVE' then 'The alliance is ' || a.state || ' since ' || to_char(a.state_at at time zone 'UTC', 'YYYY-MM-DD')
                                                      || coalesce(': ' || a.state_reason, '') || '.'
                        when m.state <> 'ACTIVE' then coalesce((partners.api_organisation_short(m.org_id) ->> 'legal_name') || ' is ', 'The member is ') || m.state
                                                      || ' since ' || to_char(m.state_at at time zone 'UTC', 'YYYY-MM-DD') || coalesce(': ' || m.state_reason, '') || '.' end
              from alliances.member m join alliances.alliance a on a.alliance_id = m.alliance_id
             where m.alliance_id = p_alliance and m.member_tenant = p_tenant);
end $$;
comment on function alliances.api_standing_told(uuid, uuid) is
    'Why the tenant takes no part in the alliance now: which of both is not ACTIVE, since when and why, as members may know; null when both are, or to a stranger.';

create or replace function alliances.api_may_share(p_alliance uuid, p_tenant uuid) returns boolean
    language plpgsql stable
    as $$
begin
    return exists (select from alliances.member m join alliances.alliance a on a.alliance_id = m.alliance_id
                    where m.alliance_id = p_alliance and m.member_tenant = p_tenant and m.state = 'ACTIVE'
                      and a.state in ('ACTIVE', 'WINDING_UP'));
end $$;
comment on function alliances.api_may_share(uuid, uuid) is
    'May documents of running business still be delivered to the tenant? Also while the alliance winds up and past its last day.';

create or replace function alliances.api_members(p_alliance uuid) returns table (member_tenant uuid, org_id uuid, roles text[], state text)
    language plpgsql stable
    as $$
begin
    return query
        select m.member_tenant, m.org_id, m.roles, m.state from alliances.member m
         where m.alliance_id = p_alliance and m.state in ('ACTIVE', 'SUSPENDED')
         order by m.org_id;
end $$;
comment on function alliances.api_members(uuid) is 'Active and suspended members; none for a stranger.';

create or replace function alliances.api_member_named(p_alliance uuid, p_org uuid) returns uuid
    language plpgsql stable
    as $$
begin
    return (select m.member_tenant from alliances.member m where m.alliance_id = p_alliance and m.org_id = p_org and m.state = 'ACTIVE');
end $$;
comment on function alliances.api_member_named(uuid, uuid) is 'The tenant of the active member with this organisation id, or null.';

-- Several rules for one document and role add up. "" stands for the whole document.
create or replace function alliances.api_mask(p_alliance uuid, p_document_kind text, p_role text) returns text[]
    language plpgsql stable
    as $$
begin
    return array(
        select distinct f.field
          from alliances.alliance a
          join alliances.charter c on c.alliance_id = a.alliance_id and c.version = a.charter_version,
               jsonb_array_elements(c.body -> 'share_rules') r (rule), jsonb_array_elements_text(r.rule -> 'fields') f (field)
         where a.alliance_id = p_alliance and r.rule ->> 'document' = p_document_kind and r.rule ->> 'role' = p_role
           and coalesce((r.rule ->> 'valid_from')::date <= current_date, true) and coalesce((r.rule ->> 'valid_to')::date >= current_date, true)
         order by f.field);
end $$;
comment on function alliances.api_mask(uuid, text, text) is
    'JSON pointers of what the charter in force lets be delivered of a kind of document to a member in a role; empty: nothing is. Each pointer '
    'stands for all that lies below it; a pointer to an array, or through one without index, for each of its elements; "" for everything.';

create or replace function alliances.api_mask_of_member(p_alliance uuid, p_document_kind text, p_member uuid) returns text[]
    language plpgsql stable
    as $$
begin
    return array(
        select distinct f.field
          from alliances.member m, unnest(m.roles) r (role), unnest(alliances.api_mask(p_alliance, p_document_kind, r.role)) f (field)
         where m.alliance_id = p_alliance and m.member_tenant = p_member and m.state = 'ACTIVE'
         order by f.field);
end $$;
comment on function alliances.api_mask_of_member(uuid, text, uuid) is 'The same for a member in all roles that it has.';

-- What lies under p_at of the value, as far as some pointer leads there.
create or replace function alliances.masked_part(p_value jsonb, p_mask text[], p_at text) returns jsonb
    language plpgsql immutable
    as $$
begin
    if p_at = any (p_mask) then
        return p_value;
    elsif not exists (select from unnest(p_mask) m (field) where starts_with(m.field, p_at || '/')) then
        return null;
    elsif jsonb_typeof(p_value) = 'object' then
        return (select coalesce(jsonb_object_agg(k.name, k.part) filter (where k.part is not null), '{}')
                  from (select e.key as name,
                               alliances.masked_part(e.value, p_mask, p_at || '/' || replace(replace(e.key, '~', '~0'), '/', '~1')) as part
                          from jsonb_each(p_value) e) k);
    elsif jsonb_typeof(p_value) = 'array' then
        return (select coalesce(jsonb_agg(k.part order by k.place) filter (where k.part is not null), '[]')
                  from (select e.place, alliances.masked_part(e.value, p_mask, p_at) as part
                          from jsonb_array_elements(p_value) with ordinality e (value, place)) k);
    end if;
    return null;
end $$;
comment on function alliances.masked_part(jsonb, text[], text) is 'What a mask leaves of a value that stands at a pointer; null when nothing.';

create or replace function alliances.api_masked(p_document jsonb, p_mask text[]) returns jsonb
    language plpgsql immutable
    as $$
begin
    return coalesce(alliances.masked_part(p_document, p_mask, ''), '{}');
end $$;
comment on function alliances.api_masked(jsonb, text[]) is 'What a mask leaves of a document: what no pointer names is not there.';

create or replace function alliances.api_charter_version(p_alliance uuid) returns integer
    language plpgsql stable
    as $$
begin
    return (select a.charter_version from alliances.alliance a where a.alliance_id = p_alliance);
end $$;
comment on function alliances.api_charter_version(uuid) is 'The version of the charter in force, or null.';

grant execute on function alliances.api_is_member(uuid, uuid), alliances.api_standing_told(uuid, uuid), alliances.api_may_share(uuid, uuid), alliances.api_members(uuid),
    alliances.api_member_named(uuid, uuid), alliances.api_mask(uuid, text, text), alliances.api_mask_of_member(uuid, text, uuid),
    alliances.masked_part(jsonb, text[], text), alliances.api_masked(jsonb, text[]), alliances.api_charter_version(uuid) to hansa_app;
